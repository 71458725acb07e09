// Image configs as a registry sends them. What parses must survive being written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "oci/image_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace davit;
  const auto require = [](bool condition) {
    if (!condition) std::abort();
  };
  try {
    const oci::ImageConfig config = oci::ImageConfig::parse({reinterpret_cast<const char*>(data), size});
    const std::string written = oci::to_json(config);
    const oci::ImageConfig again = oci::ImageConfig::parse(written);
    require(again == config);
    require(oci::to_json(again) == written);
  } catch (const base::Error& e) {
    require(e.code() == base::Code::kInvalidArgument);
    require(!e.message().empty() && e.message().size() < 2000);
  }
  return 0;
}
