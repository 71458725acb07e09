#include "operations/disk_usage.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/log.h"
#include "container/volume_use.h"
#include "transfer/image_content.h"

namespace davit::operations {

namespace {

using Sizes = std::unordered_map<oci::Digest, std::uint64_t>;
using DigestSet = std::unordered_set<oci::Digest>;

std::uint64_t value_of(const Sizes& sizes, const oci::Digest& key) {
  const auto found = sizes.find(key);
  return found == sizes.end() ? 0 : found->second;
}

// What an image needs, once each.
DigestSet blobs_of(const store::ImageRecord& record) {
  DigestSet blobs{record.id, record.manifest.digest};
  if (record.index) blobs.insert(record.index->digest);
  for (const store::ImageLayer& layer : record.layers) blobs.insert(layer.blob.digest);
  return blobs;
}

DigestSet layers_of(const store::ImageRecord& record) {
  DigestSet layers;
  for (const store::ImageLayer& layer : record.layers) layers.insert(layer.diff_id);
  return layers;
}

class Measure {
 public:
  Measure(store::Store& store, container::ContainerStore& containers) : store_(store), containers_(containers) {}

  DiskUsage run() {
    add_containers();
    add_volumes();
    for (store::ImageRecord& record : store_.images().list_images()) {
      usage_.images.push_back({.record = std::move(record), .containers = {}});
    }
    for (const ImageUsage& image : usage_.images) count_needs(image.record);
    blobs_ = store_.blobs().disk_usage();
    layers_ = store_.layers().disk_usage();
    usage_.other_disk_bytes += blobs_.other + layers_.other + store_.other_disk_bytes();
    for (ImageUsage& image : usage_.images) measure(image);
    add_content();
    return std::move(usage_);
  }

 private:
  void add_containers() {
    const auto own = containers_.disk_usage();
    usage_.other_disk_bytes += own.other;
    for (container::Container& container : containers_.list()) {
      const auto found = own.containers.find(container.id());
      if (found == own.containers.end()) continue;  // made meanwhile
      if (const auto& image = container.record.description.image) users_[*image].push_back(container.id());
      usage_.containers.push_back({std::move(container), found->second.size, found->second.disk_bytes});
    }
    // One that cannot be read takes its place all the same.
    for (const auto& [id, bytes] : own.containers) usage_.other_disk_bytes += bytes.disk_bytes;
    for (const ContainerUsage& container : usage_.containers) usage_.other_disk_bytes -= container.disk_bytes;
  }

  void add_volumes() {
    const auto own = containers_.volumes().disk_usage();
    const auto users = container::volume_users(containers_);
    usage_.other_disk_bytes += own.other;
    for (const auto& [name, bytes] : own.volumes) usage_.other_disk_bytes += bytes.disk_bytes;
    for (container::Volume& volume : containers_.volumes().list()) {
      const auto found = own.volumes.find(volume.name);
      if (found == own.volumes.end()) continue;  // made meanwhile
      const auto used = users.find(volume.name);
      usage_.other_disk_bytes -= found->second.disk_bytes;
      usage_.volumes.push_back({.volume = std::move(volume),
                                .links = used == users.end() ? 0 : used->second.size(),
                                .size = found->second.size,
                                .disk_bytes = found->second.disk_bytes});
    }
  }

  void count_needs(const store::ImageRecord& record) {
    for (const oci::Digest& blob : blobs_of(record)) ++images_with_[blob];
    for (const oci::Digest& layer : layers_of(record)) ++images_with_[layer];
    for (const store::ImageLayer& layer : record.layers) {
      if (!nominal_.contains(layer.diff_id)) nominal_.emplace(layer.diff_id, nominal_size(layer));
    }
  }

  std::uint64_t nominal_size(const store::ImageLayer& layer) const {
    try {
      return transfer::layer_size(store_, layer);
    } catch (const base::Error& error) {
      base::log::warn("{}", error.message());
      return layer.blob.size;
    }
  }

  void measure(ImageUsage& image) {
    if (const auto users = users_.find(image.record.id); users != users_.end()) image.containers = users->second;
    const auto add = [&](const oci::Digest& part, const Sizes& sizes) {
      const std::uint64_t bytes = value_of(sizes, part);
      image.disk_bytes += bytes;
      if (images_with_[part] == 1) image.unique_disk_bytes += bytes;
    };
    for (const oci::Digest& blob : blobs_of(image.record)) add(blob, blobs_.blobs);
    for (const oci::Digest& layer : layers_of(image.record)) add(layer, layers_.layers);
    const std::uint64_t record_bytes = store_.images().record_disk_bytes(image.record.id);
    image.disk_bytes += record_bytes;
    image.unique_disk_bytes += record_bytes;
    usage_.image_disk_bytes += record_bytes;
    usage_.other_disk_bytes -= record_bytes;

    for (const store::ImageLayer& layer : image.record.layers) {
      if (images_with_[layer.diff_id] > 1) image.shared += nominal_[layer.diff_id];
    }
    image.unique = image.record.size - std::min(image.record.size, image.shared);
  }

  void add_content() {
    DigestSet used;
    for (const ImageUsage& image : usage_.images) {
      if (!image.containers.empty()) used.merge(layers_of(image.record));
    }
    for (const auto& [layer, size] : nominal_) {
      usage_.image_bytes += size;
      if (!used.contains(layer)) usage_.unused_image_bytes += size;
    }
    for (const auto& [blob, bytes] : blobs_.blobs) usage_.image_disk_bytes += bytes;
    for (const auto& [layer, bytes] : layers_.layers) usage_.image_disk_bytes += bytes;

    std::vector<oci::Digest> roots;
    for (const auto& [image, containers] : users_) roots.push_back(image);
    const auto garbage = store_.find_garbage(roots);
    usage_.leftovers = garbage.blobs.size() + garbage.layers.size();
    std::uint64_t bytes = 0;
    for (const oci::Digest& blob : garbage.blobs) bytes += value_of(blobs_.blobs, blob);
    for (const oci::Digest& layer : garbage.layers) bytes += value_of(layers_.layers, layer);
    usage_.image_disk_bytes -= bytes;
    usage_.leftover_disk_bytes = bytes + blobs_.partial;
    usage_.other_disk_bytes += usage_.leftover_disk_bytes;
  }

  store::Store& store_;
  container::ContainerStore& containers_;
  DiskUsage usage_;
  blob::BlobsUsage blobs_;
  layer::LayersUsage layers_;
  Sizes nominal_;                                                    // of each layer, as docker counts
  std::unordered_map<oci::Digest, std::size_t> images_with_;         // each blob and layer
  std::unordered_map<oci::Digest, std::vector<std::string>> users_;  // containers of each image
};

}  // namespace

std::uint64_t DiskUsage::disk_bytes() const {
  std::uint64_t bytes = image_disk_bytes + other_disk_bytes;
  for (const ContainerUsage& container : containers) bytes += container.disk_bytes;
  for (const VolumeUsage& volume : volumes) bytes += volume.disk_bytes;
  return bytes;
}

DiskUsage measure_disk_usage(store::Store& store, container::ContainerStore& containers) {
  return Measure(store, containers).run();
}

}  // namespace davit::operations
