// The documents and names of an image archive. What parses must survive being written and read again; no name leads
// outside.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/strings.h"
#include "oci/manifest.h"
#include "tests/fuzz/require.h"
#include "transfer/archive_documents.h"

namespace {

using namespace davit;
using fuzz::attempt;
using fuzz::require;

void check_name(const std::optional<std::string>& name) {
  if (!name || name->empty()) return;
  for (const std::string& part : base::split(*name, '/')) require(!part.empty() && part != "." && part != "..");
  require(transfer::entry_name(*name) == name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  attempt([&] {
    const auto images = transfer::parse_docker_manifest(text);
    require(transfer::parse_docker_manifest(transfer::docker_manifest_json(images)) == images);
    for (const transfer::DockerArchiveImage& image : images) {
      for (const std::string& tag : image.repo_tags) {
        attempt([&] { require(transfer::parse_repo_tag(tag).tag().has_value()); });
      }
      for (const std::string& layer : image.layers) check_name(transfer::entry_name(layer));
    }
  });
  attempt([&] {
    for (const oci::Descriptor& descriptor : oci::Index::parse(text).manifests) {
      attempt([&] {
        const auto name = transfer::image_name(descriptor);
        if (!name) return;
        oci::Descriptor again = descriptor;
        again.annotations = transfer::name_annotations(*name);
        require(transfer::image_name(again) == name);
      });
    }
  });
  attempt([&] { transfer::check_oci_layout(text); });

  const std::size_t half = text.find('\n');
  check_name(transfer::entry_name(text));
  if (half != std::string_view::npos) {
    if (const auto link = transfer::entry_name(text.substr(0, half)); link && !link->empty())
      check_name(transfer::link_target_name(*link, text.substr(half + 1)));
  }
  if (const auto digest = transfer::blob_digest(text)) require(transfer::blob_name(*digest) == text);
  transfer::layer_diff_id(text);
  return 0;
}
