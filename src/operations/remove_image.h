#pragma once
// rmi: untags, and deletes the image with its last name. While containers use it, it refuses with docker's words, or by
// force stops and removes them first. docs/adr/0065-rmi-by-force.md.

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
  std::string name;       // and its name
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

struct RemoveImageOptions {
  // Takes an ID with all its names, and the containers that use an image that goes.
  bool force = false;
  // Asked before containers that run are stopped, once more where others came to run meanwhile. Its error is that of
  // the removal: then nothing more is done.
  std::function<void(const std::vector<ImageUse>& running)> confirm = {};
  // Told at once of each container that force ended or removed: a later step may fail.
  std::function<void(const std::string&container)> stopped = {}, removed = {};
};

// Removes what `text` (a name, a digest or an ID) means. One of several names only goes itself. Where a container is to
// go, all that run are stopped first, by their own signal and timeout; then all are removed, then the image: where a
// stop fails no container is removed, and the image stays. Volumes stay. Throws Error(kConflict) with docker's words,
// or naming who holds a pin on the image or on a container of it; Error(kNotFound).
RemovedImage remove_image(store::Store& store, container::ContainerStore& containers, const std::string& text,
                          const RemoveImageOptions& options = {});

}  // namespace davit::operations
