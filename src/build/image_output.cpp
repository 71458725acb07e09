#include "build/image_output.h"

#include "oci/manifest.h"
#include "transfer/image_content.h"
#include "transfer/staged_content.h"

namespace davit::build {

namespace {

// A layer of docker's types is the same bytes under another name.
oci::Descriptor as_oci(oci::Descriptor blob) {
  if (blob.media_type == oci::media_type::kDockerLayerGzip) blob.media_type = oci::media_type::kOciLayerGzip;
  return blob;
}

}  // namespace

store::ImageRecord write_image(store::Store& store, store::Lease& lease, const StageState& state,
                               const std::vector<oci::Reference>& tags) {
  transfer::StagedContent content(store);
  oci::ImageConfig config = state.config;
  config.created = state.at;
  std::vector<store::ImageLayer> layers = state.layers;
  oci::Manifest manifest = {.media_type = std::string(oci::media_type::kOciManifest),
                            .config = content.add_document(lease, oci::media_type::kOciConfig, oci::to_json(config))};
  for (auto& layer : layers) {
    layer.blob = as_oci(layer.blob);
    manifest.layers.push_back(layer.blob);
  }
  const auto target = content.add_document(lease, oci::media_type::kOciManifest, oci::to_json(manifest));
  content.commit();
  store::ImageRecord record = {.id = manifest.config.digest,
                               .manifest = target,
                               .layers = layers,
                               .size = transfer::content_size(store, layers),
                               .created = config.created,
                               .added = base::now()};
  store::Change change = {.command = "build", .add_images = {record}};
  for (const auto& tag : tags) change.set_tags.push_back({.reference = tag, .target = target, .image = record.id});
  store.images().apply(change);
  return record;
}

}  // namespace davit::build
