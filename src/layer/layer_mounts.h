#pragma once
// The mounts of a store's EROFS layers. Each layer is mounted once, whoever uses it, in one private place below the run
// folder and in one mount namespace, which is recorded; who is elsewhere (in a systemd unit with PrivateTmp, in
// `unshare -m`) does mount work in a thread that enters it. The last user to go takes all of it away.
// docs/formats/run-mounts.md, docs/adr/0059.
//
// Safe for use by any number of threads and processes. Whatever a process that died left is put right by the next call
// of any other: locks are void, what is mounted but used by nobody is unmounted, what tells of another boot or of a
// mount namespace that is gone counts for nothing.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file_lock.h"
#include "base/fs/mount.h"
#include "layer/mount_records.h"
#include "oci/digest.h"

namespace davit::layer {

class LayerMounts {
 public:
  // A store's folder and its run folder. Makes nothing yet.
  LayerMounts(std::filesystem::path root, std::filesystem::path run);

  struct Image {
    oci::Digest diff_id;
    std::filesystem::path image;
    std::vector<std::filesystem::path> devices;
    base::fs::Backing backing = base::fs::Backing::kFile;
  };

  // A layer that stays mounted as long as this lives.
  class Held {
   public:
    const std::filesystem::path& path() const { return path_; }  // good in the mounts' namespace alone

   private:
    friend class LayerMounts;
    Held(std::filesystem::path path, base::FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
    std::filesystem::path path_;
    base::FileLock lock_;
  };

  // Where the layers' mounts are seen. For the thread that was called with it.
  class Inside {
   public:
    // Mounts the layer unless it is. `prepare` is called before that, and for that alone, while nobody else mounts the
    // layer; it gives the image to mount (checked, or made again) and may throw.
    Held show(const Image& image, const std::function<Image()>& prepare = {});
    // Layers that are held now stay mounted until release(target). `target` is an absolute path, good where
    // in_namespace() was called. To be called before the root is mounted that stands on them. Replaces what was kept
    // for that target before.
    void keep(const std::filesystem::path& target, const std::vector<oci::Digest>& layers);

   private:
    friend class LayerMounts;
    Inside(const LayerMounts& mounts, base::MountNamespace caller) : mounts_(mounts), caller_(std::move(caller)) {}
    const LayerMounts& mounts_;
    base::MountNamespace caller_;
    bool left_ = true;  // there may be something that is not kept
  };

  // Runs the work where the store's mounts are: here, where there are none yet or they are here; else in a thread that
  // entered their namespace. A mount for the caller's own namespace is made there unattached (fs::open_overlay) and
  // attached after (fs::attach_mount). Layers that were shown and neither kept nor held are unmounted at the end. Not
  // to be called, nor any other of this class, inside itself. Throws Error(kConflict) where the store's folders are
  // others in that namespace.
  void in_namespace(const std::function<void(Inside&)>& work) const;

  // Unmounts what is mounted at the target, in whichever namespace it was kept for, and releases it. Fine when nothing
  // is.
  void unmount(const std::filesystem::path& target) const;
  // The target needs its layers no more: those are unmounted that nobody keeps or holds. Fine when it has none.
  void release(const std::filesystem::path& target) const;

  // Forgets users whose target is gone, with its namespace or from it, or is of another boot; unmounts what nobody
  // uses. Returns how many layers were unmounted.
  std::size_t clean() const;

  // Which layers are mounted, by the hex digits of their diff IDs, sorted.
  std::vector<std::string> mounted() const;

 private:
  struct StoreFolders;
  using Locked = std::vector<std::pair<std::string, base::FileLock>>;  // layers by their hex digits

  std::filesystem::path layer(const std::string& hex) const { return layers_ / hex; }
  std::filesystem::path lock_file(const std::string& name) const { return locks_ / name; }
  std::optional<base::FileLock> try_lock(const std::string& hex, base::FileLock::Mode mode) const;
  base::FileLock lock(const char* name, base::FileLock::Mode mode) const;

  bool run_at(const std::optional<PlaceRecord>& record, const std::function<void()>& work) const;
  void establish() const;
  void mount_layer(const Image& image) const;

  enum class Thoroughness { kHere, kEverywhere };  // whose targets are looked for
  std::size_t tidy(Thoroughness thoroughness) const;
  void tidy_quietly() const;
  void forget_users(Thoroughness thoroughness) const;
  std::vector<std::string> used_layers() const;
  Locked lock_unused() const;
  void remove_names(const Locked& layers) const;
  std::size_t sweep() const;
  std::size_t remove_place() const;
  bool is_idle() const;

  std::filesystem::path root_, run_;
  std::filesystem::path folder_, layers_, users_, locks_, record_;
};

}  // namespace davit::layer
