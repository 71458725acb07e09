#include "transfer/known_layers.h"

#include "base/error.h"

namespace davit::transfer {

bool KnownLayers::contains(const store::ImageLayer& layer) {
  read_images();
  return pairs_.contains({layer.blob.digest, layer.diff_id});
}

const oci::Descriptor* KnownLayers::find_blob(const oci::Digest& diff_id) {
  read_images();
  const auto found = blobs_.find(diff_id);
  return found == blobs_.end() ? nullptr : &found->second;
}

void KnownLayers::read_images() {
  if (has_read_images_) return;
  for (const store::ImageRecord& record : store_.images().list_images()) {
    for (const store::ImageLayer& layer : record.layers) {
      pairs_.emplace(layer.blob.digest, layer.diff_id);
      blobs_.emplace(layer.diff_id, layer.blob);
    }
  }
  has_read_images_ = true;
}

bool DistinctLayers::is_new(const store::ImageLayer& layer) {
  const auto [at, first] = diff_ids_.emplace(layer.blob.digest, layer.diff_id);
  if (at->second != layer.diff_id) {
    throw base::Error::format(base::Code::kCorrupt, "layer {} is listed twice, as {} and as {}",
                              layer.blob.digest.text(), at->second.text(), layer.diff_id.text());
  }
  return first;
}

}  // namespace davit::transfer
