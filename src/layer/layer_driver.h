#pragma once
// One form in which unpacked layers are kept: overlay (a folder per layer) or erofs (the tar as it is, and a small
// image that points into it). Both live in one store side by side under a LayerStore (layer_store.h). A layer is keyed
// by its diff ID and unpacked without knowing its parents. Safe for use by any number of threads and processes.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fs/paths.h"
#include "base/io.h"
#include "layer/layer_folders.h"
#include "layer/layer_mounts.h"
#include "layer/layer_store.h"
#include "layer/unpack.h"

namespace davit::layer {

// A layer's tree as a folder in overlayfs's form (unpack.h), for as long as this lives.
struct ShownLayer {
  std::filesystem::path tree;
  std::shared_ptr<void> held;  // what keeps it there
};

class LayerDriver {
 public:
  explicit LayerDriver(const std::filesystem::path& folder) : folders_(folder), sync_(folder) {}
  virtual ~LayerDriver() = default;
  virtual std::string name() const = 0;

  // Everything but the tree itself is the same for all forms.
  const LayerFolders& folders() const { return folders_; }

  // See LayerStore::stage, for a layer that no other driver has.
  std::unique_ptr<StagedLayer> stage(const oci::Digest& diff_id, base::Source& tar);

  // LayerStore::sync, for what was staged here since this was made.
  void sync() const { sync_.sync(); }

  // `mounts` may be null for a form that is not mounted. Throws Error(kNotFound) naming a layer whose tree cannot be
  // shown any more: it was damaged and is removed, or this machine cannot mount it.
  virtual ShownLayer show(const KeptLayer& layer, LayerMounts::Inside* mounts) = 0;
  virtual bool is_mounted_form() const = 0;
  // The tar of a layer that is here; nothing where this form has none.
  virtual std::unique_ptr<base::Source> tar(const oci::Digest& diff_id) const = 0;
  // LayerStore::remove, for this form.
  std::uint64_t remove(const oci::Digest& diff_id) const;
  // Bytes of disk of a layer, all that belongs to it.
  virtual std::uint64_t measure(const oci::Digest& diff_id) const = 0;

 protected:
  // Makes the layer's tree in `folder`, an empty one, of a tar; read to its end, its digest compared with the diff ID.
  virtual void make(const std::filesystem::path& folder, const oci::Digest& diff_id, base::Source& tar) = 0;

  KeptLayer kept_layer(const oci::Digest& diff_id, const Unpacked& unpacked) const;

  LayerFolders folders_;

 private:
  base::fs::FilesystemSync sync_;
};

// Throws Error(kCorrupt) "… expected …, got …" unless they are equal.
void check_diff_id(const oci::Digest& expected, const oci::Digest& found);

}  // namespace davit::layer
