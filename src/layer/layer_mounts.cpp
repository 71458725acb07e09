#include "layer/layer_mounts.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/process.h"
#include "base/strings.h"

namespace davit::layer {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;
using base::FileLock;
using base::MountNamespace;
using Mode = FileLock::Mode;

namespace {

// Shared: the place stays where it is. Exclusive: nobody works in it.
constexpr const char* kPlaceLock = "place";
// Exclusive: nobody else takes mounts away.
constexpr const char* kTidyLock = "tidy";

stdfs::path normal(const stdfs::path& path) { return stdfs::absolute(path).lexically_normal(); }

// Through links, as far as it exists and may be looked at.
stdfs::path resolved(const stdfs::path& path) {
  std::error_code error;
  stdfs::path found = stdfs::weakly_canonical(path, error);
  return error || !found.is_absolute() ? normal(path) : found;
}

std::pair<dev_t, ino_t> identity(const stdfs::path& folder) {
  struct stat status = {};
  if (::stat(folder.c_str(), &status) != 0) return {0, 0};
  return {status.st_dev, status.st_ino};
}

}  // namespace

// The store's folders as the caller sees them, to be compared with what stands at their paths elsewhere.
struct LayerMounts::StoreFolders {
  explicit StoreFolders(const LayerMounts& mounts) : root(identity(mounts.root_)), run(identity(mounts.run_)) {}
  bool operator==(const StoreFolders&) const = default;
  std::pair<dev_t, ino_t> root, run;
};

LayerMounts::LayerMounts(stdfs::path root, stdfs::path run)
    : root_(resolved(root)),
      run_(resolved(run)),
      folder_(run_ / "mounts"),
      layers_(folder_ / "layers"),
      users_(folder_ / "users"),
      locks_(folder_ / "locks"),
      record_(folder_ / "namespace.json") {}

// A layer's lock file goes with its mount, so a lock is good only while the file has still its name.
std::optional<FileLock> LayerMounts::try_lock(const std::string& hex, Mode mode) const {
  while (true) {
    auto lock = FileLock::try_acquire(lock_file(hex), mode);
    if (!lock || lock->still_named(lock_file(hex))) return lock;
  }
}

FileLock LayerMounts::lock(const char* name, Mode mode) const {
  for (const auto& folder : {users_, locks_}) fs::make_directories(folder);
  return FileLock::acquire(lock_file(name), mode);
}

// Runs the work in the namespace of which the record speaks. False, and nothing is run, when the record is not true
// (any longer). The caller holds the place's lock.
bool LayerMounts::run_at(const std::optional<PlaceRecord>& record, const std::function<void()>& work) const {
  if (!record) return false;
  const StoreFolders here(*this);
  bool found = false;
  const auto run = [&] {
    const stdfs::path place = record->run / "mounts" / "layers";
    found = fs::is_mount_point(place) && fs::mount_id(place) == record->mount_id;
    if (!found) return;
    if (StoreFolders(*this) != here || fs::mount_id(layers_) != record->mount_id) {
      throw Error::format(Code::kConflict,
                          "the layers of the store {} are mounted in another mount namespace, in which {} or {} is "
                          "another folder: run davit where they are the same, or end the containers that were started "
                          "there",
                          root_.string(), root_.string(), run_.string());
    }
    work();
  };
  if (record->mount_namespace == MountNamespace::current()) {
    run();
  } else if (const auto other = record->mount_namespace.open({record->pid})) {
    base::run_in(*other, run);
  }
  return found;
}

// Makes the place here. The caller holds its lock alone, and no record is true. The record comes before the mount, so
// that there is no mount of which none speaks.
void LayerMounts::establish() const {
  forget_users(Thoroughness::kHere);
  // Copies of one that was made elsewhere: a new mount namespace has them of the one that it came from.
  while (fs::is_mount_point(layers_)) fs::unmount(layers_);
  fs::make_directories(layers_);
  const fs::FileDescriptor place = fs::open_tmpfs(layers_);
  write_place(record_, {.mount_namespace = MountNamespace::current(),
                        .mount_id = fs::mount_id(place),
                        .pid = static_cast<int>(::getpid()),
                        .root = root_,
                        .run = run_});
  fs::attach_mount(place, layers_);
}

void LayerMounts::in_namespace(const std::function<void(Inside&)>& work) const {
  Inside inside(*this, MountNamespace::current());
  try {
    while (true) {
      {
        const auto held = lock(kPlaceLock, Mode::kShared);
        if (run_at(read_place(record_), [&] { work(inside); })) break;
      }
      const auto held = lock(kPlaceLock, Mode::kExclusive);
      if (!run_at(read_place(record_), [] {})) establish();
    }
  } catch (...) {
    tidy_quietly();
    throw;
  }
  if (inside.left_) tidy_quietly();
}

void LayerMounts::mount_layer(const Image& image) const {
  const stdfs::path place = layer(image.diff_id.hex());
  if (!fs::exists(place)) fs::make_directory(place);
  // Where the folder lies in a mount that others see, so does a new mount in it, until it is told otherwise.
  fs::make_mount_private(layers_);
  fs::mount_erofs({.image = image.image, .devices = image.devices, .backing = image.backing}, place);
}

LayerMounts::Held LayerMounts::Inside::show(const Image& image, const std::function<Image()>& prepare) {
  const std::string& hex = image.diff_id.hex();
  const stdfs::path place = mounts_.layer(hex);
  auto pause = std::chrono::milliseconds(1);
  // Never waiting for the lock alone: whoever mounts the layer shares its lock then, and may hold it for long.
  while (true) {
    auto shared = mounts_.try_lock(hex, Mode::kShared);
    if (shared && fs::is_mount_point(place)) {
      left_ = true;
      return {place, std::move(*shared)};
    }
    shared.reset();
    if (auto alone = mounts_.try_lock(hex, Mode::kExclusive)) {
      left_ = true;
      if (!fs::is_mount_point(place)) mounts_.mount_layer(prepare ? prepare() : image);
      alone->share();
      return {place, std::move(*alone)};
    }
    base::check_interrupted();
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(20));
  }
}

void LayerMounts::Inside::keep(const stdfs::path& target, const std::vector<oci::Digest>& layers) {
  write_user(mounts_.users_, {.target = normal(target), .mount_namespace = caller_, .layers = layers});
  left_ = false;
}

void LayerMounts::unmount(const stdfs::path& target) const {
  const auto user = read_user(user_file(users_, normal(target)));
  const auto unmount_all = [&] {
    while (fs::is_mount_point(target) && fs::unmount(target)) {
    }
  };
  if (user && user->mount_namespace != MountNamespace::current()) {
    if (const auto other = user->mount_namespace.open()) base::run_in(*other, unmount_all);
  }
  unmount_all();
  release(target);
}

void LayerMounts::release(const stdfs::path& target) const {
  const stdfs::path file = user_file(users_, normal(target));
  if (fs::exists(file) && fs::remove(file)) tidy(Thoroughness::kHere);
}

std::size_t LayerMounts::clean() const { return tidy(Thoroughness::kEverywhere); }

std::vector<std::string> LayerMounts::mounted() const {
  std::vector<std::string> found;
  if (is_idle()) return found;
  const auto alone = lock(kTidyLock, Mode::kExclusive);
  run_at(read_place(record_), [&] {
    for (const auto& name : fs::list(layers_)) {
      if (fs::is_mount_point(layer(name))) found.push_back(name);
    }
  });
  return found;
}

bool LayerMounts::is_idle() const { return !fs::exists(record_) && !fs::exists(layers_) && fs::list(users_).empty(); }

// Leaves mounted what is used; with the last of it, the place goes. One at a time; never waiting for who works in the
// place, for that may take long: they tidy at their end unless they keep something.
std::size_t LayerMounts::tidy(Thoroughness thoroughness) const {
  if (is_idle()) return 0;
  const auto alone = lock(kTidyLock, Mode::kExclusive);
  forget_users(thoroughness);
  if (read_users(users_).empty()) {
    if (const auto place = FileLock::try_acquire(lock_file(kPlaceLock))) return remove_place();
  }
  std::size_t unmounted = 0;
  run_at(read_place(record_), [&] { unmounted = sweep(); });
  return unmounted;
}

void LayerMounts::tidy_quietly() const {
  try {
    tidy(Thoroughness::kHere);
  } catch (const Error& error) {
    base::log::warn("layers that nobody uses may stay mounted for now: {}", error.message());
  }
}

// A target that is gone from its namespace, or with it, has no mount. Those in other namespaces are looked for only
// when there is time.
void LayerMounts::forget_users(Thoroughness thoroughness) const {
  const MountNamespace here = MountNamespace::current();
  std::map<std::uint64_t, std::optional<fs::FileDescriptor>> others;
  const auto is_gone = [&](const MountUser& user) {
    const auto& there = user.mount_namespace;
    if (there == here) return !fs::exists(user.target);
    if (there.boot_id != here.boot_id) return true;
    if (thoroughness == Thoroughness::kHere) return false;
    const auto [other, is_new] = others.try_emplace(there.inode);
    if (is_new) other->second = there.open();
    if (!other->second) return true;
    bool gone = false;
    base::run_in(*other->second, [&] { gone = !fs::exists(user.target); });
    return gone;
  };
  for (const auto& user : read_users(users_)) {
    if (is_gone(user)) fs::remove(user_file(users_, user.target));
  }
}

std::vector<std::string> LayerMounts::used_layers() const {
  std::vector<std::string> used;
  for (const auto& user : read_users(users_)) {
    for (const auto& digest : user.layers) used.push_back(digest.hex());
  }
  std::sort(used.begin(), used.end());
  return used;
}

// What nobody keeps or holds, locked. Users are asked again after the locks are taken: whoever keeps a layer holds it
// meanwhile.
LayerMounts::Locked LayerMounts::lock_unused() const {
  std::vector<std::string> names = fs::list(layers_);
  for (const auto& name : fs::list(locks_)) {
    if (base::is_hex(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  Locked unused;
  const auto used = used_layers();
  for (const auto& name : names) {
    if (std::binary_search(used.begin(), used.end(), name)) continue;
    if (auto lock = try_lock(name, Mode::kExclusive)) unused.emplace_back(name, std::move(*lock));
  }
  if (unused.empty()) return unused;
  const auto used_now = used_layers();
  std::erase_if(unused,
                [&](const auto& layer) { return std::binary_search(used_now.begin(), used_now.end(), layer.first); });
  return unused;
}

// Copies of a layer's mount in other namespaces go with its folder: Linux detaches what is mounted there elsewhere.
void LayerMounts::remove_names(const Locked& layers) const {
  for (const auto& [name, lock] : layers) {
    fs::remove(layer(name));
    fs::remove(lock_file(name));
  }
}

// In the mounts' namespace: unmounts what is not used.
std::size_t LayerMounts::sweep() const {
  std::size_t unmounted = 0;
  const Locked unused = lock_unused();
  for (const auto& [name, lock] : unused) {
    while (fs::is_mount_point(layer(name)) && fs::unmount(layer(name))) ++unmounted;
  }
  remove_names(unused);
  return unmounted;
}

// The same where there are no users: unless something is held, the place goes, and with it in one call all that is
// mounted in it (each call costs the kernel milliseconds). The record goes last. The caller holds the place's lock
// alone.
std::size_t LayerMounts::remove_place() const {
  std::size_t unmounted = 0;
  bool gone = false;
  const auto remove = [&] {
    {
      const Locked unused = lock_unused();
      const auto names = fs::list(layers_);
      gone = read_users(users_).empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
               return std::any_of(unused.begin(), unused.end(), [&](const auto& layer) { return layer.first == name; });
             });
      if (gone) {
        for (const auto& name : names) unmounted += fs::is_mount_point(layer(name)) ? 1 : 0;
        while (fs::is_mount_point(layers_) && fs::unmount(layers_)) {
        }
        remove_names(unused);
        fs::remove(layers_);
        return;
      }
    }
    unmounted = sweep();
  };
  // Where no record is true, there are folders at most, or copies of mounts that are gone.
  if (!run_at(read_place(record_), remove)) remove();
  if (!gone) return unmounted;
  fs::remove(record_);
  // What was being written when its writer died.
  for (const auto& name : fs::list(users_)) fs::remove(users_ / name);
  for (const auto& name : fs::list(folder_)) {
    if (name.starts_with('.')) fs::remove(folder_ / name);
  }
  return unmounted;
}

}  // namespace davit::layer
