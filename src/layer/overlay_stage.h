#pragma once
// Unpacking a layer into the overlay driver's store: LayerDriver::stage.

#include <memory>

#include "layer/overlay_store.h"

namespace davit::layer {

// The store outlives the result.
std::unique_ptr<StagedLayer> stage_overlay_layer(const OverlayStore& store, const oci::Digest& diff_id,
                                                 base::Source& tar);

}  // namespace davit::layer
