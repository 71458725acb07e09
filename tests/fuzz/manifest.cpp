// Manifests and indexes as a registry sends them. What parses must survive being written and read again.
#include "oci/manifest.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/require.h"

using namespace davit;
using fuzz::attempt;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  bool is_manifest = false, is_index = false;
  attempt([&] {
    const oci::Manifest manifest = oci::Manifest::parse(text);
    is_manifest = true;
    const std::string written = oci::to_json(manifest);
    require(oci::Manifest::parse(written, manifest.media_type) == manifest);
    require(oci::to_json(oci::Manifest::parse(written)) == written);
    require(oci::detect_media_type(written) == manifest.media_type);
  });
  attempt([&] {
    const oci::Index index = oci::Index::parse(text);
    is_index = true;
    const std::string written = oci::to_json(index);
    require(oci::Index::parse(written, index.media_type) == index);
    require(oci::to_json(oci::Index::parse(written)) == written);
    const oci::Platform wanted = oci::Platform{"linux", "amd64", "", ""};
    if (const oci::Descriptor* chosen = index.choose(wanted); chosen != nullptr && chosen->platform) {
      require(oci::match(wanted, *chosen->platform).has_value());
    }
    index.platforms_text();
  });
  require(!(is_manifest && is_index));  // one document never reads as both
  attempt([&] { oci::detect_media_type(text); });
  return 0;
}
