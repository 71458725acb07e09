#include "layer/overlay_stage.h"

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "codec/hash.h"
#include "layer/adapted_layer.h"
#include "layer/unpack.h"

namespace davit::layer {

namespace fs = base::fs;
using base::Code;
using base::Error;
using base::FileLock;

namespace {

// Holds a shared lock: the layer is whole, so that others may commit it too, but nobody may remove it.
class StagedOverlayLayer final : public StagedLayer {
 public:
  StagedOverlayLayer(const OverlayStore& store, OverlayRecord record, FileLock lock)
      : store_(store), record_(std::move(record)), lock_(std::move(lock)) {}

  ~StagedOverlayLayer() override {
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

  LayerRecord commit() override {
    const oci::Digest& diff_id = record_.layer.diff_id;
    if (lock_ && !store_.find(diff_id)) {
      try {
        fs::rename(store_.staged(diff_id), store_.layer(diff_id));
      } catch (const Error&) {
        if (!store_.find(diff_id)) throw;  // else another holder was faster
      }
      fs::sync_directory(store_.folder());
    }
    if (lock_) store_.release(std::move(*std::exchange(lock_, std::nullopt)), diff_id.hex());
    return record_.layer;
  }

 private:
  const OverlayStore& store_;
  OverlayRecord record_;
  std::optional<FileLock> lock_;
};

// The folder with the attributes of the layer's root, if those are not the usual ones.
bool keep_root_attributes(const fs::Directory& folder) {
  const auto status = folder.status("diff");
  const MergedEntry root = {.path = "",
                            .status = *status,
                            .folder = std::make_shared<const fs::Directory>(fs::Directory::open(folder.path())),
                            .name = "diff"};
  const bool usual =
      (status->st_mode & 07777) == 0755 && status->st_uid == 0 && status->st_gid == 0 && root.xattrs().empty();
  if (usual) return false;
  folder.make_directory("root", 0755);
  copy_attributes(root, folder, "root");
  folder.set_mtime("root", status->st_mtim);
  return true;
}

OverlayRecord unpack_layer(const std::filesystem::path& path, const oci::Digest& diff_id, base::Source& tar) {
  codec::HashSink hash(diff_id.algorithm());
  base::TeeSource hashed(tar, hash);
  codec::TarReader reader(hashed);
  const auto folder = fs::Directory::open(path);
  const Unpacked unpacked = unpack(reader, folder, "diff");
  reader.drain();
  if (const oci::Digest found = hash.digest(); found != diff_id) {
    throw Error::format(Code::kCorrupt, "the layer's content has the wrong digest: expected {}, got {}", diff_id.text(),
                        found.text());
  }
  const OverlayRecord record = {.layer = {.diff_id = diff_id,
                                          .driver = "overlay",
                                          .format = kOverlayFormat,
                                          .size = unpacked.size,
                                          .disk_bytes = unpacked.disk_bytes,
                                          .entries = unpacked.entries,
                                          .has_implied_folders = !unpacked.implied.empty()},
                                .root_listed = unpacked.root_listed,
                                .root_special = unpacked.root_listed && keep_root_attributes(folder),
                                .root_opaque = unpacked.root_opaque};
  write_overlay_record(path, record, unpacked.implied);
  return record;
}

std::unique_ptr<StagedLayer> stage_alone(const OverlayStore& store, const oci::Digest& diff_id, base::Source& tar,
                                         FileLock lock) {
  const auto path = store.staged(diff_id);
  fs::remove_tree(path);  // what a crash left
  try {
    fs::make_directory(path);
    OverlayRecord record = unpack_layer(path, diff_id, tar);
    lock.share();
    return std::make_unique<StagedOverlayLayer>(store, std::move(record), std::move(lock));
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
std::unique_ptr<StagedLayer> stage_overlay_layer(const OverlayStore& store, const oci::Digest& diff_id,
                                                 base::Source& tar) {
  const std::string& name = diff_id.hex();
  while (true) {
    if (store.find(diff_id)) return nullptr;
    if (auto alone = store.try_lock(name)) {
      if (!store.find(diff_id)) return stage_alone(store, diff_id, tar, std::move(*alone));
      store.release(std::move(*alone), name);
      return nullptr;
    }
    FileLock shared = store.lock(name, FileLock::Mode::kShared);
    if (store.find(diff_id)) return nullptr;
    if (auto record = read_overlay_record(store.staged(diff_id))) {
      return std::make_unique<StagedOverlayLayer>(store, std::move(*record), std::move(shared));
    }
  }
}

}  // namespace davit::layer
