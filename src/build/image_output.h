#pragma once
// What a build made, as an image of the store.

#include <string>
#include <vector>

#include "build/stage_state.h"
#include "oci/reference.h"
#include "store/store.h"

namespace davit::build {

// Configuration and manifest of OCI's types, the image's record, its tags as one step. Durable on return; the layers
// are here, and leased by the caller.
store::ImageRecord write_image(store::Store& store, store::Lease& lease, const StageState& state,
                               const std::vector<oci::Reference>& tags);

}  // namespace davit::build
