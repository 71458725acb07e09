#pragma once
// Which blob is which layer: what is known of it before a blob's content is compared with a diff ID.

#include <map>
#include <set>
#include <utility>

#include "oci/descriptor.h"
#include "store/store.h"

namespace davit::transfer {

// Blobs and diff IDs that belong together, as images here have been made of them; a store's images are read when this
// is asked for the first time, and once. For one thread.
class KnownLayers {
 public:
  // The store outlives it.
  explicit KnownLayers(store::Store& store) : store_(store) {}

  // The blob's content was compared with the diff ID.
  void add(const oci::Digest& blob, const oci::Digest& diff_id) { pairs_.emplace(blob, diff_id); }
  // Whether blob and diff ID belong together by some image here, or by add().
  bool contains(const store::ImageLayer& layer);
  // The blob that some image here has for that layer, in the store or not; null where none has one.
  const oci::Descriptor* find_blob(const oci::Digest& diff_id);

 private:
  void read_images();

  store::Store& store_;
  bool has_read_images_ = false;
  std::set<std::pair<oci::Digest, oci::Digest>> pairs_;  // blob, diff ID
  std::map<oci::Digest, oci::Descriptor> blobs_;         // by diff ID
};

// The layers of an image, or of several, each blob once.
class DistinctLayers {
 public:
  // Whether the blob comes for the first time. Throws Error(kCorrupt) where it came with another diff ID.
  bool is_new(const store::ImageLayer& layer);

 private:
  std::map<oci::Digest, oci::Digest> diff_ids_;  // by blob
};

}  // namespace davit::transfer
