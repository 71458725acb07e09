#pragma once
// What lasts (a deployment) holds what it needs: an image or a container that is pinned is not removed by rmi, rm or a
// prune, forced or not; they name the holder. docs/formats/pins.md.

#include <string>

#include "container/container_store.h"
#include "store/store.h"

namespace davit::operations {

// By a name, a digest or an ID. Durable on return, idempotent. Throws Error(kNotFound) when it is not here (or is gone
// by then: no removal slips in between), Error(kInvalidArgument) for what is no name of a holder. Returns the image's
// ID.
oci::Digest pin_image(store::Store& store, const std::string& text, const std::string& holder);
void unpin_image(store::Store& store, const oci::Digest& image, const std::string& holder);  // idempotent

// By a name or an ID, as above; Error(kConflict) for one that goes by its own end. Returns its full ID.
std::string pin_container(container::ContainerStore& containers, const std::string& text, const std::string& holder);
void unpin_container(container::ContainerStore& containers, const std::string& id, const std::string& holder);

}  // namespace davit::operations
