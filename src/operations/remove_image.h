#pragma once
// rmi: untags, and deletes the image with its last name. Refuses, with docker's words, while a container uses it.

#include <functional>
#include <string>
#include <vector>

#include "container/container_store.h"
#include "oci/digest.h"
#include "store/store.h"

namespace davit::operations {

struct ImageUse {
  oci::Digest image;
  std::string container;  // its full ID
  bool running = false;
};

struct RemovedImage {
  std::vector<std::string> untagged;  // as docker names them
  std::vector<oci::Digest> deleted;   // the image, then the chain IDs of the layers that went with it, top first
};

// The containers on this store, asked for under the lock that a container's creation takes too (image_use_lock.h).
using ListUses = std::function<std::vector<ImageUse>()>;

// Those of a container store. Throws where one of them cannot be read: it may use any image.
std::vector<ImageUse> list_uses(container::ContainerStore& containers);

// Removes what `text` (a name, a digest or an ID) means. `force` takes an ID with all its names; it does not override a
// container's use. Throws Error(kConflict) with docker's words, Error(kNotFound).
RemovedImage remove_image(store::Store& store, const ListUses& list_uses, const std::string& text, bool force);

}  // namespace davit::operations
