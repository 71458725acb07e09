#include <algorithm>
#include <cerrno>
#include <exception>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/mount.h"
#include "base/fs/mount_calls.h"
#include "base/fs/paths.h"

namespace davit::base::fs {

namespace {

// What distributions compile in differently. Each is known since Linux 4.19. xino: one device number and inode numbers
// of its own for the whole tree, though its layers are mounts of their own (`find -xdev`, `du -x`, tar's link groups).
constexpr std::pair<const char*, const char*> kFixedOptions[] = {
    {"redirect_dir", "off"}, {"metacopy", "off"}, {"index", "off"}, {"xino", "on"}};

[[noreturn]] void fail(const OverlayMount& mount, int error_number, const std::string& complaint = {}) {
  // overlayfs refuses an upper folder whose file system cannot carry one (another overlay, NFS) with EINVAL.
  if (error_number == EINVAL && !mount.upper.empty()) {
    throw Error::format(
        Code::kNotSupported,
        "mount overlay on {}: the file system of {} ({}) cannot carry an overlay's upper folder: choose a --root on "
        "ext4, xfs, btrfs or tmpfs{}",
        mount.target.string(), mount.upper.string(), filesystem_type(mount.upper), complaint);
  }
  throw_errno(error_number, "mount overlay on " + mount.target.string() + complaint);
}

// overlayfs takes a backslash as an escape in some places and not in others, fsconfig(2) takes no long texts.
bool is_plain(const stdfs::path& path) {
  return path.native().size() <= kLongestOption && path.native().find('\\') == std::string::npos;
}

std::string short_options(const OverlayMount& mount) {
  std::string options = "lowerdir=";
  for (std::size_t i = 0; i < mount.lower.size(); ++i) {
    const std::string link = std::to_string(i);
    symbolic_link(stdfs::absolute(mount.lower[i]).string(), mount.target / link);
    if (i > 0) options += ':';
    options += link;
  }
  if (!mount.upper.empty()) {
    symbolic_link(stdfs::absolute(mount.upper).string(), mount.target / "u");
    symbolic_link(stdfs::absolute(mount.work).string(), mount.target / "w");
    options += ",upperdir=u,workdir=w";
  }
  for (const auto& [key, value] : kFixedOptions) options += std::string(",") + key + "=" + value;
  return options;
}

FileDescriptor open_in_private_namespace(const OverlayMount& mount) {
  enter_private_mount_namespace();
  const auto& place = mount.target;
  if (::mount("davit", place.c_str(), "tmpfs", 0, "mode=0700") != 0)
    throw_errno(errno, "mount tmpfs on " + place.string());
  const std::string options = short_options(mount);
  make_directory(place / "merged");
  if (::chdir(place.c_str()) != 0) throw_errno(errno, "change to " + place.string());
  const unsigned long flags = mount.upper.empty() ? MS_RDONLY : 0;
  if (::mount("overlay", "merged", "overlay", flags, options.c_str()) != 0) fail(mount, errno);
  FileDescriptor clone(::open_tree(AT_FDCWD, "merged", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!clone) fail(mount, errno);
  return clone;
}

}  // namespace

std::optional<FileDescriptor> open_overlay_by_context(const OverlayMount& mount) {
  if (!std::all_of(mount.lower.begin(), mount.lower.end(), is_plain) || !is_plain(mount.upper) ||
      !is_plain(mount.work)) {
    return std::nullopt;
  }
  MountContext context("overlay");
  if (!context) return std::nullopt;
  for (const auto& lower : mount.lower) {
    const int error_number = context.set("lowerdir+", lower.native());
    if (error_number == EINVAL && &lower == &mount.lower.front()) return std::nullopt;
    if (error_number != 0) throw_errno(error_number, "add overlay layer " + lower.string() + context.complaint());
  }
  const auto set = [&](const char* key, const std::string& value) {
    if (const int error_number = context.set(key, value)) fail(mount, error_number, context.complaint());
  };
  if (!mount.upper.empty()) {
    set("upperdir", mount.upper.native());
    set("workdir", mount.work.native());
  }
  for (const auto& [key, value] : kFixedOptions) set(key, value);
  if (const int error_number = context.create()) fail(mount, error_number, context.complaint());
  return context.mount(mount.upper.empty() ? MOUNT_ATTR_RDONLY : 0, "mount overlay on " + mount.target.string());
}

// The links and the mount are made in a mount namespace that nobody sees and that ends at once, so a crash leaves
// nothing of them; what remains is the clone, which is attached nowhere. A thread of its own: it changes its namespace
// and its working directory.
FileDescriptor open_overlay_by_short_names(const OverlayMount& mount) {
  FileDescriptor opened;
  std::exception_ptr failure;
  std::jthread([&] {
    try {
      opened = open_in_private_namespace(mount);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  return opened;
}

FileDescriptor open_overlay(const OverlayMount& mount) {
  if (const int error_number = fault(Operation::kMount, mount.target.native())) fail(mount, error_number);
  if (auto opened = open_overlay_by_context(mount)) return std::move(*opened);
  return open_overlay_by_short_names(mount);
}

void mount_overlay(const OverlayMount& mount) { attach_mount(open_overlay(mount), mount.target); }

}  // namespace davit::base::fs
