// A seccomp profile in docker's form (--security-opt seccomp=FILE): refused, or JSON that has the runtime-spec's form.
#include "runtime/seccomp.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/json.hpp>

#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using davit::fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  davit::fuzz::attempt([&] {
    const auto result = davit::runtime::convert_seccomp(text, {.capabilities = {"CAP_SYS_ADMIN"}});
    if (result.empty()) return;  // no profile
    const auto value = boost::json::parse(result);
    require(value.is_object());
    for (const char* left_out : {"archMap", "includes", "excludes"}) require(!value.as_object().contains(left_out));
  });
  return 0;
}
