#include "network/port_reservation.h"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/error.h"

namespace davit::network {

namespace {

using base::Code;
using base::Error;

// An address of the kernel's form.
struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  socklen_t size = 0;
};

SocketAddress socket_address(const Address& address, int port) {
  SocketAddress out{};
  if (address.is_v6()) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&out.v6.sin6_addr, address.bytes().data(), 16);
    out.size = sizeof out.v6;
  } else {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&out.v4.sin_addr, address.bytes().data(), 4);
    out.size = sizeof out.v4;
  }
  return out;
}

base::fs::FileDescriptor open_socket(Protocol protocol, Family family) {
  const int type = protocol == Protocol::kUdp ? SOCK_DGRAM : SOCK_STREAM;
  const int number = protocol == Protocol::kSctp ? IPPROTO_SCTP : 0;
  base::fs::FileDescriptor fd(::socket(family == Family::kV4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, number));
  if (!fd && errno == EPROTONOSUPPORT) {
    throw Error::format(Code::kNotSupported, "this kernel has no {}", name(protocol));
  }
  if (!fd) base::throw_errno(errno, "open a socket");
  const int only = 1;
  if (family == Family::kV6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  return fd;
}

}  // namespace

PortReservation PortReservation::take(Protocol protocol, const Address& host, int port) {
  auto socket = open_socket(protocol, host.family());
  auto address = socket_address(host, port);
  if (::bind(socket.get(), &address.any, address.size) != 0) {
    const int failure = errno;
    const auto listened =
        fmt::format("listen {}{} {}: bind: ", name(protocol), host.is_v6() ? "6" : "4", host.with_port(port));
    if (failure == EADDRINUSE) throw Error(Code::kConflict, listened + "address already in use");
    if (failure == EADDRNOTAVAIL) throw Error(Code::kInvalidArgument, listened + "cannot assign requested address");
    base::throw_errno(failure, listened.substr(0, listened.size() - 2));
  }
  if (::getsockname(socket.get(), &address.any, &address.size) != 0) base::throw_errno(errno, "getsockname");
  return {std::move(socket), ntohs(host.is_v6() ? address.v6.sin6_port : address.v4.sin_port)};
}

}  // namespace davit::network
