#pragma once
// The folder trees that a build reads: its context, named contexts, and the merged trees of stages and images.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "layer/layer_store.h"
#include "oci/digest.h"

namespace davit::build {

// The merged tree of a chain, as long as this lives; an empty chain is an empty tree.
class LayersTree {
 public:
  LayersTree(layer::LayerStore& layers, std::vector<oci::Digest> diff_ids);
  const base::fs::Directory* root() const { return root_ ? &*root_ : nullptr; }  // null: empty

 private:
  base::fs::FileDescriptor mount_;
  std::optional<base::fs::Directory> root_;
};

// The same where programs find it: in a folder of its own, which a container may have as a mount. What is written there
// goes with it.
class MountedLayers {
 public:
  MountedLayers(layer::LayerStore& layers, const std::vector<oci::Digest>& diff_ids,
                const std::filesystem::path& durable, const std::filesystem::path& run, bool writable);
  ~MountedLayers();
  MountedLayers(const MountedLayers&) = delete;
  MountedLayers& operator=(const MountedLayers&) = delete;
  std::filesystem::path folder() const { return target_.path() / "root"; }

 private:
  layer::LayerStore& layers_;
  base::fs::TemporaryDirectory scratch_, target_;
};

}  // namespace davit::build
