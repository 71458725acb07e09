#include "transfer/image_content.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"

namespace davit::transfer {

void check_manifest_size(const oci::Descriptor& descriptor, std::uint64_t size) {
  if (size == descriptor.size) return;
  throw base::Error::format(base::Code::kCorrupt, "manifest {}: expected {} bytes, got {}", descriptor.digest.text(),
                            descriptor.size, size);
}

bool is_image(const oci::Manifest& manifest) {
  return manifest.config.media_type == oci::media_type::kOciConfig ||
         manifest.config.media_type == oci::media_type::kDockerConfig;
}

namespace {

oci::Manifest read_manifest(store::Store& store, const store::ImageRecord& record) {
  return oci::Manifest::parse(store.blobs().read(record.manifest.digest, oci::kMaxManifestBytes),
                              record.manifest.media_type);
}

oci::ImageConfig parse_config(store::Store& store, const store::ImageRecord& record) {
  return oci::ImageConfig::parse(store.blobs().read(record.id, oci::kMaxManifestBytes));
}

}  // namespace

std::optional<oci::ImageConfig> read_config(store::Store& store, const store::ImageRecord& record) {
  if (!is_image(read_manifest(store, record))) return std::nullopt;
  return parse_config(store, record);
}

oci::ImageConfig get_config(store::Store& store, const store::ImageRecord& record, const std::string& name,
                            std::string_view consequence) {
  const oci::Manifest manifest = read_manifest(store, record);
  if (!is_image(manifest)) {
    throw base::Error::format(base::Code::kNotSupported, "{} is no container image (its config is of type {}): {}",
                              name, base::printable(manifest.config.media_type), consequence);
  }
  return parse_config(store, record);
}

std::vector<store::ImageLayer> layers_of(const oci::Manifest& manifest, const std::optional<oci::ImageConfig>& config) {
  if (config && config->diff_ids.size() != manifest.layers.size()) {
    throw base::Error::format(base::Code::kCorrupt, "the manifest has {} layers, its config names {} diff IDs",
                              manifest.layers.size(), config->diff_ids.size());
  }
  std::vector<store::ImageLayer> layers;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const oci::Descriptor& blob = manifest.layers[i];
    layers.push_back({.blob = blob, .diff_id = config ? config->diff_ids[i] : blob.digest});
  }
  return layers;
}

bool is_unpackable(const store::ImageLayer& layer) { return oci::media_type::is_layer(layer.blob.media_type); }

namespace {

bool has_documents(store::Store& store, const store::ImageRecord& record) {
  return store.blobs().size(record.id) && store.blobs().size(record.manifest.digest);
}

}  // namespace

bool does_without_blob(store::Store& store, const store::ImageLayer& layer) {
  if (store.keep_compressed() || !is_unpackable(layer)) return false;
  const auto found = store.layers().find(layer.diff_id);
  return (found ? found->driver : store.layers().driver().name) == "erofs";
}

bool is_complete(store::Store& store, const store::ImageLayer& layer) {
  if (is_unpackable(layer) && !store.layers().find(layer.diff_id)) return false;
  return store.blobs().size(layer.blob.digest) || does_without_blob(store, layer);
}

bool is_complete(store::Store& store, const store::ImageRecord& record) {
  return has_documents(store, record) &&
         std::all_of(record.layers.begin(), record.layers.end(),
                     [&](const store::ImageLayer& layer) { return is_complete(store, layer); });
}

bool is_runnable(store::Store& store, const store::ImageRecord& record) {
  return has_documents(store, record) &&
         std::all_of(record.layers.begin(), record.layers.end(), [&](const store::ImageLayer& layer) {
           if (is_unpackable(layer) && store.layers().find(layer.diff_id)) return true;
           return store.blobs().size(layer.blob.digest).has_value();
         });
}

base::Error missing_blob(const store::Store& store, const oci::Digest& blob, std::string_view what) {
  if (store.keep_compressed()) {
    return base::Error::format(base::Code::kNotFound, "blob {} is not here: pull the image again", blob.text());
  }
  return base::Error::format(base::Code::kNotFound,
                             "layer {} is not here in compressed form, as keep_compressed is false: pull the image "
                             "again with keep_compressed = true, then {} it",
                             blob.text(), what);
}

std::uint64_t layer_size(store::Store& store, const store::ImageLayer& layer) {
  const auto record = store.layers().find(layer.diff_id);
  return record ? record->size : layer.blob.size;
}

std::uint64_t content_size(store::Store& store, const std::vector<store::ImageLayer>& layers) {
  std::uint64_t size = 0;
  for (const store::ImageLayer& layer : layers) size += layer_size(store, layer);
  return size;
}

}  // namespace davit::transfer
