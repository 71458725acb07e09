#include "layer/layer_stage.h"

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"

namespace davit::layer {

namespace fs = base::fs;
using base::Code;
using base::Error;
using base::FileLock;

namespace {

// Holds a shared lock: the layer is whole, so that others may commit it too, but nobody may remove it.
class StagedFolder final : public StagedLayer {
 public:
  StagedFolder(const LayerFolders& store, KeptLayer record, FileLock lock)
      : store_(store), record_(std::move(record)), lock_(std::move(lock)) {}

  ~StagedFolder() override {
    if (!lock_) return;
    try {
      // Whoever else holds the lock has the folder from now on.
      lock_.reset();
      const std::string& name = record_.layer.diff_id.hex();
      if (auto alone = store_.try_lock(name)) {
        fs::remove_tree(store_.staged(record_.layer.diff_id));
        store_.release(std::move(*alone), name);
      }
    } catch (const Error& e) {  // the next open of the driver removes it
      base::log::warn("cannot remove a staged layer: {}", e.message());
    }
  }

  std::filesystem::path folder() const override { return store_.staged(record_.layer.diff_id); }

  LayerRecord commit() override {
    if (!lock_) return record_.layer;
    if (!store_.find(record_.layer.diff_id)) give_name();
    // Whoever else named it may not have come to this yet.
    fs::sync_directory(store_.folder());
    store_.release(std::move(*std::exchange(lock_, std::nullopt)), record_.layer.diff_id.hex());
    return record_.layer;
  }

 private:
  void give_name() {
    const oci::Digest& diff_id = record_.layer.diff_id;
    // The lock's file goes with a commit: the layer was removed since, and whatever is staged now is not ours.
    if (!lock_->still_named(store_.lock_file(diff_id.hex())) && !store_.find(diff_id)) {
      throw Error::format(Code::kConflict, "layer {} was removed before it was in its place", diff_id.text());
    }
    try {
      fs::rename(store_.staged(diff_id), store_.layer(diff_id));
    } catch (const Error&) {
      if (!store_.find(diff_id)) throw;  // else another holder was faster
    }
  }

  const LayerFolders& store_;
  KeptLayer record_;
  std::optional<FileLock> lock_;
};

std::unique_ptr<StagedLayer> stage_alone(const LayerFolders& store, const oci::Digest& diff_id, const MakeLayer& make,
                                         FileLock lock) {
  const auto path = store.staged(diff_id);
  fs::remove_tree(path);  // what a crash left
  try {
    fs::make_directory(path);
    make(path);
    auto record = read_layer_record(path);
    if (!record) throw Error(Code::kInternal, "a layer was made without its record");
    lock.share();
    return std::make_unique<StagedFolder>(store, std::move(*record), std::move(lock));
  } catch (Error& e) {
    try {
      fs::remove_tree(path);
    } catch (const Error& removal) {  // the next open of the driver removes it
      base::log::warn("cannot remove {}: {}", path.string(), removal.message());
    }
    store.release(std::move(lock), diff_id.hex());
    e.add_frame("while unpacking layer {}", diff_id.text());
    throw;
  }
}

}  // namespace

// Only unpacking is exclusive. A layer that is whole, but not yet committed, is shared by all who want it: were the
// lock exclusive until the commit, two pulls could each wait for a layer that the other has staged. docs/adr/0017.
std::unique_ptr<StagedLayer> stage_layer(const LayerFolders& store, const oci::Digest& diff_id, const MakeLayer& make) {
  const std::string& name = diff_id.hex();
  while (true) {
    if (store.find(diff_id)) return nullptr;
    if (auto alone = store.try_lock(name)) {
      if (!store.find(diff_id)) return stage_alone(store, diff_id, make, std::move(*alone));
      store.release(std::move(*alone), name);
      return nullptr;
    }
    FileLock shared = store.lock(name, FileLock::Mode::kShared);
    if (store.find(diff_id)) return nullptr;
    if (auto record = read_layer_record(store.staged(diff_id))) {
      return std::make_unique<StagedFolder>(store, std::move(*record), std::move(shared));
    }
  }
}

}  // namespace davit::layer
