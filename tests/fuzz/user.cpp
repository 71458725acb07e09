// An image's /etc/passwd and /etc/group, whatever stands in them, with -u and --group-add. The input's first two lines
// are those flags' values, then comes passwd, and after an empty line group.
#include "runtime/user.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/require.h"

namespace {

using namespace davit;

std::string_view take(std::string_view& text, std::string_view end) {
  const auto at = text.find(end);
  const auto taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto wanted = take(text, "\n"), added = take(text, "\n"), passwd = take(text, "\n\n");
  fuzz::attempt([&] {
    const auto user = runtime::find_user(passwd, text, wanted);
    fuzz::require(user == runtime::find_user(passwd, text, wanted));
    if (wanted.empty()) fuzz::require(user.uid == 0);
  });
  fuzz::attempt([&] { fuzz::require(runtime::find_groups(text, {std::string(added)}).size() == 1); });
  return 0;
}
