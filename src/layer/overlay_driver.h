#pragma once
// The overlay driver: a folder of files per layer, in ROOT/overlay. Works everywhere; costs by the file.

#include <memory>

#include "layer/layer_driver.h"

namespace davit::layer {

std::unique_ptr<LayerDriver> make_overlay_driver(const std::filesystem::path& root);

}  // namespace davit::layer
