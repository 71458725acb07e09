#include "container/root_view.h"

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/mount_namespace.h"
#include "container/own_places.h"
#include "container/prepare_mounts.h"
#include "container/volume_use.h"

namespace davit::container {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

constexpr const char* kView = "view";  // in the container's folder: mount points, empty but in our own namespace

// Follows the container's processes into their mount namespace: theirs alone shows a tmpfs, or what they mounted.
fs::Directory open_running(const HeldContainer& held, RootKind kind) {
  const auto& init = *held.state().init;
  const auto& process = kind == RootKind::kAsSeen ? init : *held.state().conmon;
  const stdfs::path root = "/proc/" + std::to_string(process.pid) + "/root";
  // conmon is where the davit was that mounted the root.
  auto folder = fs::Directory::open(
      kind == RootKind::kAsSeen ? root : root / held.bundle().folder.relative_path() / "rootfs", "/");
  if (!process.alive()) throw Error::format(Code::kConflict, "Container {} is not running", held.record().id);
  return folder;
}

// The root of a container that does not run, as a mount that ends with the descriptor.
fs::FileDescriptor open_stopped(ContainerStore& containers, const HeldContainer& held) {
  return containers.layers().open({.diff_ids = held.record().description.diff_ids,
                                   .upper = held.folder() / "upper",
                                   .work = held.folder() / "work",
                                   .target = {}});
}

fs::Directory open_mount(const fs::FileDescriptor& mount) {
  return fs::Directory::open("/proc/self/fd/" + std::to_string(mount.get()), "/");
}

// The place of a mount in a root, made where it is missing, by a descriptor.
fs::FileDescriptor place_in(const fs::Directory& root, const stdfs::path& target, bool folder) {
  const auto relative = target.relative_path();
  if (auto place = root.open_path_inside(relative)) return std::move(*place);
  make_place(root, relative, folder);
  auto place = root.open_path_inside(relative);
  if (!place) throw Error::format(Code::kNotFound, "{} cannot be made in the container's root", target.string());
  return std::move(*place);
}

void attach(const fs::Directory& root, const runtime::Mount& mount) {
  if (mount.type != "bind") return;  // what is in memory ends with the container's run
  const auto source = fs::Directory::open("/").open_path_inside(stdfs::path(mount.source).relative_path());
  if (!source) throw Error::format(Code::kNotFound, "{} is not there", mount.source);
  const bool recursive = mount.options.front() == "rbind";
  const auto bind = fs::open_bind(*source, recursive ? fs::Below::kTakeAlong : fs::Below::kLeaveOut, mount.source);
  for (const auto& option : mount.options) {
    if (option == "ro" || option == "rro") fs::make_read_only(bind, mount.source);
  }
  const auto place = place_in(root, mount.target, fs::is_directory(mount.source));
  fs::attach_mount(bind, place, mount.target);
}

void attach_all(ContainerStore& containers, const HeldContainer& held, const fs::Directory& root,
                const stdfs::path& staging) {
  release_mounts(staging);  // what a work left that failed
  auto prepared = prepare_mounts(held.record().description, {.volumes = containers.volumes(),
                                                             .staging = staging,
                                                             .root = root,
                                                             .share = volume_sharing(containers),
                                                             .fill = !held.state().started});
  for (const char* name : {"hostname", "hosts", "resolv.conf"}) {
    const auto own = held.folder() / name;
    if (fs::exists(own)) attach(root, runtime::bind_mount(own, stdfs::path("/etc") / name, false));
  }
  for (const auto& mount : prepared.mounts) attach(root, mount);
}

}  // namespace

void with_root(ContainerStore& containers, const std::string& id, RootKind kind,
               const std::function<void(const fs::Directory&, const Container&)>& work) {
  auto held = std::make_optional(containers.hold(id));
  const Container container{held->record(), held->state()};
  if (held->running()) {
    const auto root = open_running(*held, kind);
    held.reset();
    return work(root, container);
  }
  const auto mount = open_stopped(containers, *held);
  make_own_places(open_mount(mount));
  if (kind == RootKind::kBare) return work(open_mount(mount), container);
  // Mounts can only be put into one that is attached.
  const auto view = held->folder() / kView;
  fs::make_directories(view / "rootfs");
  base::run_in_private([&] {
    fs::attach_mount(mount, view / "rootfs");
    attach_all(containers, *held, open_mount(mount), view / "mounts");
    work(open_mount(mount), container);
    release_mounts(view / "mounts");
  });
}

void with_image_root(ContainerStore& containers, const HeldContainer& held,
                     const std::function<void(const fs::Directory&)>& work) {
  work(open_mount(containers.layers().open(
      {.diff_ids = held.record().description.diff_ids, .upper = {}, .work = {}, .target = {}})));
}

}  // namespace davit::container
