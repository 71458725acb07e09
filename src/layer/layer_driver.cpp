#include "layer/layer_driver.h"

#include "base/error.h"
#include "base/fs/paths.h"
#include "layer/layer_stage.h"

namespace davit::layer {

std::unique_ptr<StagedLayer> LayerDriver::stage(const oci::Digest& diff_id, base::Source& tar) {
  return stage_layer(folders_, diff_id, [&](const std::filesystem::path& folder) { make(folder, diff_id, tar); });
}

std::uint64_t LayerDriver::remove(const oci::Digest& diff_id) const {
  auto lock = folders_.lock(diff_id.hex());
  std::uint64_t bytes = 0;
  if (base::fs::exists(folders_.layer(diff_id))) bytes = folders_.discard(folders_.layer(diff_id));
  folders_.release(std::move(lock), diff_id.hex());
  return bytes;
}

KeptLayer LayerDriver::kept_layer(const oci::Digest& diff_id, const Unpacked& unpacked) const {
  return {.layer = {.diff_id = diff_id,
                    .driver = name(),
                    .format = kLayerFormat,
                    .size = unpacked.size,
                    .disk_bytes = unpacked.disk_bytes,
                    .entries = unpacked.entries,
                    .has_implied_folders = !unpacked.implied.empty()},
          .root_listed = unpacked.root_listed,
          .root_opaque = unpacked.root_opaque};
}

void check_diff_id(const oci::Digest& expected, const oci::Digest& found) {
  if (found == expected) return;
  throw base::Error::format(base::Code::kCorrupt, "the layer's content has the wrong digest: expected {}, got {}",
                            expected.text(), found.text());
}

}  // namespace davit::layer
