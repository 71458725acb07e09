#include "base/fs/mount.h"

#include <cerrno>
#include <exception>
#include <thread>

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/paths.h"

namespace davit::base::fs {

namespace {

[[noreturn]] void fail(const OverlayMount& mount, int error_number) {
  // overlayfs refuses an upper folder whose file system cannot carry one (another overlay, NFS) with EINVAL.
  if (error_number == EINVAL && !mount.upper.empty()) {
    throw Error::format(
        Code::kNotSupported,
        "mount overlay on {}: the file system of {} ({}) cannot carry an overlay's upper folder: choose a --root on "
        "ext4, xfs, btrfs or tmpfs",
        mount.target.string(), mount.upper.string(), filesystem_type(mount.upper));
  }
  throw_errno(error_number, "mount overlay on " + mount.target.string());
}

int fs_config(int context, unsigned command, const char* key, const char* value) {
  return static_cast<int>(::syscall(SYS_fsconfig, context, command, key, value, 0));
}

// By the mount API of Linux 5.2, each lower folder for itself ("lowerdir+", Linux 6.8). False where this kernel lacks
// it.
bool mount_by_context(const OverlayMount& mount) {
  const FileDescriptor context(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!context) return false;
  for (const auto& lower : mount.lower) {
    if (fs_config(context.get(), FSCONFIG_SET_STRING, "lowerdir+", lower.c_str()) == 0) continue;
    if (&lower == &mount.lower.front() && errno == EINVAL) return false;
    throw_errno(errno, "add overlay layer " + lower.string());
  }
  if (!mount.upper.empty()) {
    if (fs_config(context.get(), FSCONFIG_SET_STRING, "upperdir", mount.upper.c_str()) != 0) fail(mount, errno);
    if (fs_config(context.get(), FSCONFIG_SET_STRING, "workdir", mount.work.c_str()) != 0) fail(mount, errno);
  }
  if (fs_config(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr) != 0) fail(mount, errno);
  const unsigned long attributes = mount.upper.empty() ? MOUNT_ATTR_RDONLY : 0;
  const FileDescriptor mounted(static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, attributes)));
  if (!mounted) fail(mount, errno);
  if (::syscall(SYS_move_mount, mounted.get(), "", AT_FDCWD, mount.target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    fail(mount, errno);
  return true;
}

// By mount(2), whose data is one page: the lower folders are named by short links in a temporary folder, relative to
// it. The working directory is changed in a thread that shares it with nobody.
void mount_by_short_names(const OverlayMount& mount) {
  const TemporaryDirectory links(mount.target.parent_path(), ".lower-");
  std::string lower;
  for (std::size_t i = 0; i < mount.lower.size(); ++i) {
    const std::string link = std::to_string(i);
    symbolic_link(stdfs::absolute(mount.lower[i]).string(), links.path() / link);
    if (i > 0) lower += ':';
    lower += link;
  }
  std::string data = "lowerdir=" + lower;
  if (!mount.upper.empty()) {
    symbolic_link(stdfs::absolute(mount.upper).string(), links.path() / "u");
    symbolic_link(stdfs::absolute(mount.work).string(), links.path() / "w");
    data += ",upperdir=u,workdir=w";
  }
  const unsigned long flags = mount.upper.empty() ? MS_RDONLY : 0;
  int error_number = 0;
  std::jthread([&] {
    if (::unshare(CLONE_FS) != 0 || ::chdir(links.path().c_str()) != 0 ||
        ::mount("overlay", stdfs::absolute(mount.target).c_str(), "overlay", flags, data.c_str()) != 0) {
      error_number = errno;
    }
  }).join();
  if (error_number != 0) fail(mount, error_number);
}

}  // namespace

void mount_overlay(const OverlayMount& mount) {
  if (const int error_number = fault(Operation::kMount, mount.target.native())) fail(mount, error_number);
  if (!mount_by_context(mount)) mount_by_short_names(mount);
}

bool unmount(const stdfs::path& target) {
  if (const int error_number = fault(Operation::kUnmount, target.native()))
    throw_errno(error_number, "unmount " + target.string());
  if (::umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return true;
  if (errno == EINVAL || errno == ENOENT) return false;  // no mount point, or no such folder
  throw_errno(errno, "unmount " + target.string());
}

bool is_mount_point(const stdfs::path& path) {
  struct statx status = {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &status) != 0)
    return false;
  return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

void enter_private_mount_namespace() {
  if (const int error_number = fault(Operation::kMount, "/")) throw_errno(error_number, "unshare mounts");
  if (::unshare(CLONE_NEWNS) != 0) throw_errno(errno, "unshare mounts");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw_errno(errno, "make mounts private");
}

std::string filesystem_type(const stdfs::path& path) {
  struct statfs status = {};
  if (::statfs(path.c_str(), &status) != 0) throw_errno(errno, "statfs " + path.string());
  switch (static_cast<unsigned long>(status.f_type)) {
    case 0xEF53:
      return "ext4";
    case 0x58465342:
      return "xfs";
    case 0x9123683E:
      return "btrfs";
    case 0x01021994:
      return "tmpfs";
    case 0x794C7630:
      return "overlay";
    case 0x6969:
      return "nfs";
    case 0xF2F52010:
      return "f2fs";
    case 0x2FC12FC1:
      return "zfs";
    case 0xFF534D42:
      return "cifs";
    case 0x01021997:
      return "9p";
    case 0x65735546:
      return "fuse";
    case 0xE0F5E1E2:
      return "erofs";
    default:
      return fmt::format("{:#x}", static_cast<unsigned long>(status.f_type));
  }
}

}  // namespace davit::base::fs
