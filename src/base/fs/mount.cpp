#include "base/fs/mount.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/calls.h"
#include "base/fs/mount_calls.h"

namespace davit::base::fs {

namespace {

constexpr unsigned kUniqueMountId = 0x4000;  // STATX_MNT_ID_UNIQUE, Linux 6.8; newer than Debian 12's headers

std::uint64_t read_mount_id(int fd, const char* path, int flags, const stdfs::path& name) {
  struct statx status = {};
  if (::statx(fd, path, flags | AT_NO_AUTOMOUNT, STATX_MNT_ID | kUniqueMountId, &status) != 0)
    fail("statx", name, errno);
  if ((status.stx_mask & (STATX_MNT_ID | kUniqueMountId)) == 0)
    throw Error(Code::kNotSupported, "this kernel does not tell the IDs of mounts: Linux 5.8 does");
  return status.stx_mnt_id;
}

}  // namespace

MountContext::MountContext(const char* type) : fd_(::fsopen(type, FSOPEN_CLOEXEC)) {}

int MountContext::set(const char* key, const std::string& value) {
  return ::fsconfig(fd_.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0 ? 0 : errno;
}

int MountContext::set_flag(const char* key) {
  return ::fsconfig(fd_.get(), FSCONFIG_SET_FLAG, key, nullptr, 0) == 0 ? 0 : errno;
}

int MountContext::create() { return ::fsconfig(fd_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0 ? 0 : errno; }

FileDescriptor MountContext::mount(unsigned attributes, const std::string& what) {
  FileDescriptor mounted(::fsmount(fd_.get(), FSMOUNT_CLOEXEC, attributes));
  if (!mounted) throw_errno(errno, what);
  return mounted;
}

std::string MountContext::complaint() const {
  std::string all;
  char message[512];
  ssize_t length = 0;
  while ((length = ::read(fd_.get(), message, sizeof message)) > 0) {
    if (!all.empty()) all += "; ";
    all.append(message, static_cast<std::size_t>(length));
    while (!all.empty() && all.back() == '\n') all.pop_back();
  }
  return all.empty() ? all : " (" + all + ")";
}

void attach_mount(const FileDescriptor& mount, const stdfs::path& target) {
  announce(Operation::kMount, target);
  if (::move_mount(mount.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    fail("mount on", target, errno);
}

void attach_mount(const FileDescriptor& mount, const FileDescriptor& target, const stdfs::path& name) {
  announce(Operation::kMount, name);
  if (::move_mount(mount.get(), "", target.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    fail("mount on", name, errno);
}

static FileDescriptor make_tmpfs(const stdfs::path& target, const std::string& source, const std::string& mode,
                                 const std::string& size, unsigned attributes) {
  announce(Operation::kMount, target);
  MountContext context("tmpfs");
  if (!context) fail("mount tmpfs on", target, errno);
  for (const auto& [key, value] : {std::pair{"source", &source}, std::pair{"mode", &mode}, std::pair{"size", &size}}) {
    if (const int error_number = context.set(key, value->c_str())) fail("mount tmpfs on", target, error_number);
  }
  if (const int error_number = context.create()) fail("mount tmpfs on", target, error_number);
  return context.mount(attributes, "mount tmpfs on " + target.string());
}

FileDescriptor open_tmpfs(const stdfs::path& target) {
  return make_tmpfs(target, "davit", "0700", "1m", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

void mount_shared_memory(const stdfs::path& target, std::uint64_t bytes) {
  attach_mount(make_tmpfs(target, "shm", "1777", std::to_string(bytes),
                          MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV),
               target);
}

FileDescriptor open_bind(const stdfs::path& folder) {
  announce(Operation::kMount, folder);
  FileDescriptor mount(::open_tree(AT_FDCWD, folder.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!mount) fail("bind", folder, errno);
  return mount;
}

FileDescriptor open_bind(const FileDescriptor& what, Below below, const stdfs::path& name) {
  announce(Operation::kMount, name);
  const unsigned recursive = below == Below::kTakeAlong ? AT_RECURSIVE : 0;
  FileDescriptor mount(::open_tree(what.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive));
  if (!mount) fail("bind", name, errno);
  return mount;
}

void make_read_only(const FileDescriptor& mount, const stdfs::path& name) {
  struct mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(mount.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    fail("make read-only", name, errno);
}

void make_mount_private(const stdfs::path& mount_point) {
  announce(Operation::kMount, mount_point);
  if (::mount(nullptr, mount_point.c_str(), nullptr, MS_PRIVATE, nullptr) != 0)
    fail("make private the mount", mount_point, errno);
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

std::uint64_t mount_id(const stdfs::path& path) { return read_mount_id(AT_FDCWD, path.c_str(), 0, path); }

std::uint64_t mount_id(const FileDescriptor& mount) { return read_mount_id(mount.get(), "", AT_EMPTY_PATH, "mount"); }

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
