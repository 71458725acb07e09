#include "build/source_trees.h"

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"
#include "base/log.h"

namespace davit::build {

namespace fs = base::fs;

LayersTree::LayersTree(layer::LayerStore& layers, std::vector<oci::Digest> diff_ids) {
  if (diff_ids.empty()) return;
  mount_ = layers.open({.diff_ids = std::move(diff_ids)});
  root_ = fs::Directory::open("/proc/self/fd/" + std::to_string(mount_.get()));
}

MountedLayers::MountedLayers(layer::LayerStore& layers, const std::vector<oci::Digest>& diff_ids,
                             const std::filesystem::path& durable, const std::filesystem::path& run, bool writable)
    : layers_(layers), scratch_(durable, "tree-"), target_(run, "tree-") {
  fs::make_directory(folder(), 0755);
  layer::MountOptions options = {.diff_ids = diff_ids, .target = folder()};
  if (writable) {
    options.upper = scratch_.path() / "upper";
    options.work = scratch_.path() / "work";
    fs::make_directory(options.upper, 0755);
    fs::make_directory(options.work);
  }
  layers_.mount(options);
}

MountedLayers::~MountedLayers() {
  const base::Uninterrupted until_it_is_gone;
  try {
    layers_.unmount(folder());
  } catch (const base::Error& error) {
    base::log::warn("{}", error.message());
  }
}

}  // namespace davit::build
