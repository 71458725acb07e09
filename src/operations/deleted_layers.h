#pragma once
// What docker says went with an image: its ID, then the chain IDs of layers that no other image has, top first.

#include <map>
#include <vector>

#include "store/image_store.h"

namespace davit::operations {

class DeletedLayers {
 public:
  // `images`: all there are before the removals.
  explicit DeletedLayers(const std::vector<store::ImageRecord>& images);

  // The image goes: what docker prints, given what went before.
  std::vector<oci::Digest> remove(const store::ImageRecord& image);

 private:
  std::map<oci::Digest, std::size_t> users_;  // of each chain ID
};

}  // namespace davit::operations
