#pragma once
// Removes what nothing needs. Private to src/store; docs/formats/store.md, "Collection".

#include <string>
#include <unordered_map>
#include <vector>

#include "store/store.h"

namespace davit::store {

// While it lives its maker holds the store's lock, and the image store does not take it.
class ImageStore::UnderLock {
 public:
  explicit UnderLock(ImageStore& images);
  ~UnderLock();
  UnderLock(const UnderLock&) = delete;
  UnderLock& operator=(const UnderLock&) = delete;

 private:
  ImageStore& images_;
};

class Collector {
 public:
  Collector(std::filesystem::path root, blob::BlobStore& blobs, ImageStore& images, layer::LayerStore& layers,
            const Store::CollectOptions& options)
      : root_(std::move(root)), blobs_(blobs), images_(images), layers_(layers), options_(options) {}

  // One collection at a time: waits for another one's end.
  Store::Collected run();
  // What it would remove now, without its bytes.
  Store::Collected look();

 private:
  bool step(Store::Collected& collected);  // under the store's lock; false when nothing is left
  void find_garbage();
  void add_whole_index(const oci::Descriptor& target, std::unordered_map<oci::Digest, std::vector<oci::Digest>>& edges);
  std::string state_of_roots() const;
  std::uint64_t remove_partial();

  std::filesystem::path root_;
  blob::BlobStore& blobs_;
  ImageStore& images_;
  layer::LayerStore& layers_;
  const Store::CollectOptions& options_;

  std::string seen_;  // state_of_roots() when the garbage was found
  bool found_ = false;
  std::vector<oci::Digest> garbage_blobs_, garbage_layers_;
};

}  // namespace davit::store
