#include "network/netlink.h"

#include <algorithm>
#include <cctype>

#include <netlink/addr.h>
#include <netlink/errno.h>
#include <sys/socket.h>

#include "base/error.h"

namespace davit::network {

using base::Code;
using base::Error;

namespace {

Code code_of(int failure) {
  switch (-failure) {
    case NLE_EXIST:
      return Code::kConflict;
    case NLE_OBJ_NOTFOUND:
    case NLE_NODEV:
      return Code::kNotFound;
    case NLE_PERM:
    case NLE_NOACCESS:
      return Code::kPermissionDenied;
    case NLE_OPNOTSUPP:
      return Code::kNotSupported;
    case NLE_INVAL:
    case NLE_RANGE:
      return Code::kInvalidArgument;
    default:
      return Code::kIo;
  }
}

}  // namespace

void check_netlink(int result, const std::string& what) {
  if (result >= 0) return;
  std::string cause = ::nl_geterror(result);
  if (!cause.empty()) cause[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(cause[0])));
  throw Error::format(code_of(result), "{}: {}", what, cause);
}

std::optional<LinkAddress> from_object(const nl_addr* address) {
  if (address == nullptr) return {};
  const int family = ::nl_addr_get_family(address);
  if (family != AF_INET && family != AF_INET6) return {};
  std::array<std::uint8_t, 16> bytes = {};
  const auto* binary = static_cast<const std::uint8_t*>(::nl_addr_get_binary_addr(address));
  std::copy_n(binary, std::min<std::size_t>(::nl_addr_get_len(address), bytes.size()), bytes.begin());
  return LinkAddress{{family == AF_INET ? Family::kV4 : Family::kV6, bytes},
                     static_cast<int>(::nl_addr_get_prefixlen(address))};
}

}  // namespace davit::network
