#pragma once
// A layer on its way into a driver's folder: made in staging/, shared by all who want it, named when it is durable.

#include <filesystem>
#include <functional>
#include <memory>

#include "layer/layer_folders.h"

namespace davit::layer {

// Makes a layer with its record in a folder that is there and empty.
using MakeLayer = std::function<void(const std::filesystem::path& folder)>;

// LayerStore::stage for one driver. `make` is called unless the layer is here or staged by somebody. `folders` outlives
// the result.
std::unique_ptr<StagedLayer> stage_layer(const LayerFolders& folders, const oci::Digest& diff_id,
                                         const MakeLayer& make);

}  // namespace davit::layer
