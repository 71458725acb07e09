#include "base/fs/tree.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/calls.h"
#include "base/fs/paths.h"

namespace davit::base::fs {

namespace {

// The path is built only for a failure or an installed hook: unpacking calls this several times a file.
void announce(Operation operation, const stdfs::path& folder, const std::string& entry) {
  if (const int error_number = fault(operation, entry)) fail(name(operation), folder / entry, error_number);
}

// Any name is fine for the kernel but these; a slash would leave the folder.
void check_name(const stdfs::path& folder, const std::string& entry) {
  if (entry.empty() || entry == "." || entry == ".." || entry.find('/') != std::string::npos ||
      entry.find('\0') != std::string::npos) {
    throw Error::format(Code::kInvalidArgument, "'{}' is not a name inside {}", entry, folder.string());
  }
}

int open_inside_root(int root, const char* path, std::uint64_t flags) {
  struct open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  int fd = -1;
  do {
    fd = static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how));
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return fd;
}

// Nothing is there, or what is there is of another kind: both are absence for a lookup.
bool is_absence(int error_number) { return error_number == ENOENT || error_number == ENOTDIR || error_number == ELOOP; }

// By llistxattr(2) and lgetxattr(2) of a path under /proc, as there are no …at forms; `name` is for messages.
Xattrs read_xattrs(const std::string& path, const stdfs::path& name, bool follow) {
  std::string keys(64 * 1024, '\0');
  const ssize_t length = follow ? ::listxattr(path.c_str(), keys.data(), keys.size())
                                : ::llistxattr(path.c_str(), keys.data(), keys.size());
  if (length < 0) {
    if (errno == EOPNOTSUPP) return {};
    fail("listxattr", name, errno);
  }
  Xattrs attributes;
  for (std::size_t at = 0; at < static_cast<std::size_t>(length);) {
    const std::string key(keys.c_str() + at);
    at += key.size() + 1;
    std::string value(64 * 1024, '\0');
    const ssize_t size = follow ? ::getxattr(path.c_str(), key.c_str(), value.data(), value.size())
                                : ::lgetxattr(path.c_str(), key.c_str(), value.data(), value.size());
    if (size < 0) {
      if (errno == ENODATA) continue;
      fail("getxattr " + key + " of", name, errno);
    }
    value.resize(static_cast<std::size_t>(size));
    attributes.emplace_back(key, std::move(value));
  }
  std::sort(attributes.begin(), attributes.end());
  return attributes;
}

std::string proc_path(int fd) { return "/proc/self/fd/" + std::to_string(fd); }
std::string proc_path(int fd, const std::string& entry) { return proc_path(fd) + "/" + entry; }

}  // namespace

Directory Directory::open(const stdfs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail("open", path, errno);
  return Directory(FileDescriptor(fd), path);
}

Directory Directory::open(const stdfs::path& path, const stdfs::path& shown) {
  Directory opened = open(path);
  opened.path_ = shown;
  return opened;
}

std::optional<Directory> Directory::open_inside(const stdfs::path& relative) const {
  const int fd = open_inside_root(this->fd(), relative.empty() ? "." : relative.c_str(), O_RDONLY | O_DIRECTORY);
  if (fd >= 0) return Directory(FileDescriptor(fd), path_ / relative.relative_path());
  if (is_absence(errno)) return std::nullopt;
  fail("open", path_ / relative.relative_path(), errno);
}

std::optional<File> Directory::open_file_inside(const stdfs::path& relative) const {
  const int fd = open_inside_root(this->fd(), relative.c_str(), O_RDONLY | O_NONBLOCK);
  if (fd < 0) {
    if (is_absence(errno)) return std::nullopt;
    fail("open", path_ / relative.relative_path(), errno);
  }
  File file = File::adopt(FileDescriptor(fd), path_ / relative.relative_path());
  if (!S_ISREG(file.status().st_mode)) return std::nullopt;
  return file;
}

std::optional<FileDescriptor> Directory::open_path_inside(const stdfs::path& relative) const {
  const int fd = open_inside_root(this->fd(), relative.empty() ? "." : relative.c_str(), O_PATH);
  if (fd >= 0) return FileDescriptor(fd);
  if (is_absence(errno)) return std::nullopt;
  fail("open", path_ / relative.relative_path(), errno);
}

File Directory::own_file() const {
  FileDescriptor copy(::fcntl(fd(), F_DUPFD_CLOEXEC, 0));
  if (!copy) fail("open", path_, errno);
  return File::adopt(std::move(copy), path_);
}

std::optional<Directory> Directory::child(const std::string& name) const {
  check_name(path_, name);
  const int fd = ::openat(this->fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0) return Directory(FileDescriptor(fd), path_ / name);
  if (is_absence(errno)) return std::nullopt;
  fail("open", path_ / name, errno);
}

std::optional<File> Directory::child_file(const std::string& name) const {
  check_name(path_, name);
  const int fd = ::openat(this->fd(), name.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) {
    if (is_absence(errno) || errno == ENXIO) return std::nullopt;  // ENXIO: a socket
    fail("open", path_ / name, errno);
  }
  File file = File::adopt(FileDescriptor(fd), path_ / name);
  if (!S_ISREG(file.status().st_mode)) return std::nullopt;
  return file;
}

std::optional<struct stat> Directory::status(const std::string& name) const {
  check_name(path_, name);
  struct stat status = {};
  if (::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  fail("stat", path_ / name, errno);
}

std::optional<std::string> Directory::read_link(const std::string& name) const {
  check_name(path_, name);
  std::string target(4096, '\0');
  const ssize_t length = ::readlinkat(fd(), name.c_str(), target.data(), target.size());
  if (length < 0) {
    if (errno == ENOENT || errno == EINVAL) return std::nullopt;
    fail("readlink", path_ / name, errno);
  }
  target.resize(static_cast<std::size_t>(length));
  return target;
}

Xattrs Directory::xattrs(const std::string& name) const {
  check_name(path_, name);
  return read_xattrs(proc_path(fd(), name), path_ / name, false);
}

Xattrs Directory::own_xattrs() const { return read_xattrs(proc_path(fd()), path_, true); }

struct stat Directory::own_status() const {
  struct stat status = {};
  if (::fstat(fd(), &status) != 0) fail("stat", path_, errno);
  return status;
}

std::optional<std::string> Directory::xattr(const std::string& name, const std::string& key) const {
  check_name(path_, name);
  std::string value(64 * 1024, '\0');
  const ssize_t size = ::lgetxattr(proc_path(fd(), name).c_str(), key.c_str(), value.data(), value.size());
  if (size < 0) {
    if (errno == ENODATA || errno == ENOENT || errno == EOPNOTSUPP) return std::nullopt;
    fail("getxattr " + key + " of", path_ / name, errno);
  }
  value.resize(static_cast<std::size_t>(size));
  return value;
}

std::vector<std::string> Directory::list() const {
  FileDescriptor listing(::openat(fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listing) fail("open", path_, errno);
  return read_names(std::move(listing), path_);
}

File Directory::create_file(const std::string& name, mode_t mode) const {
  check_name(path_, name);
  announce(Operation::kOpenForWrite, path_, name);
  const int fd = ::openat(this->fd(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) fail("create", path_ / name, errno);
  return File::adopt(FileDescriptor(fd), path_ / name);
}

void Directory::make_directory(const std::string& name, mode_t mode) const {
  check_name(path_, name);
  announce(Operation::kMakeDirectory, path_, name);
  if (::mkdirat(fd(), name.c_str(), mode) != 0) fail("mkdir", path_ / name, errno);
}

void Directory::symbolic_link(const std::string& target, const std::string& name) const {
  check_name(path_, name);
  announce(Operation::kLink, path_, name);
  if (::symlinkat(target.c_str(), fd(), name.c_str()) != 0) fail("symlink", path_ / name, errno);
}

void Directory::make_node(const std::string& name, mode_t mode_and_type, dev_t device) const {
  check_name(path_, name);
  announce(Operation::kMakeNode, path_, name);
  if (::mknodat(fd(), name.c_str(), mode_and_type, device) != 0) fail("mknod", path_ / name, errno);
}

void Directory::hard_link(const Directory& from, const std::string& from_name, const std::string& name) const {
  if (!try_hard_link(from, from_name, name)) fail("link", path_ / name, EXDEV);
}

bool Directory::try_hard_link(const Directory& from, const std::string& from_name, const std::string& name) const {
  check_name(from.path_, from_name);
  check_name(path_, name);
  announce(Operation::kLink, path_, name);
  if (::linkat(from.fd(), from_name.c_str(), fd(), name.c_str(), 0) == 0) return true;
  if (errno == EXDEV) return false;
  fail("link", path_ / name, errno);
}

bool Directory::rename_new(const std::string& name, const Directory& to, const std::string& new_name) const {
  check_name(path_, name);
  check_name(to.path_, new_name);
  announce(Operation::kRename, to.path_, new_name);
  if (::renameat2(fd(), name.c_str(), to.fd(), new_name.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  fail("rename " + (path_ / name).string() + " to", to.path_ / new_name, errno);
}

void Directory::remove(const std::string& name) const {
  check_name(path_, name);
  announce(Operation::kRemove, path_, name);
  if (::unlinkat(fd(), name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) fail("remove", path_ / name, errno);
  remove_tree(stdfs::path("/proc/self/fd") / std::to_string(fd()) / name);
}

void Directory::set_owner(const std::string& name, Ownership owner) const {
  check_name(path_, name);
  announce(Operation::kSetAttribute, path_, name);
  if (::fchownat(fd(), name.c_str(), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) != 0)
    fail("chown", path_ / name, errno);
}

void Directory::set_mode(const std::string& name, mode_t mode) const {
  check_name(path_, name);
  announce(Operation::kSetAttribute, path_, name);
  // fchmodat(2) follows links, which another process may put there at any time.
  const FileDescriptor named(::openat(fd(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!named || ::chmod(proc_path(named.get()).c_str(), mode) != 0) fail("chmod", path_ / name, errno);
}

void Directory::set_mtime(const std::string& name, struct timespec mtime) const {
  check_name(path_, name);
  announce(Operation::kSetAttribute, path_, name);
  const struct timespec times[2] = {mtime, mtime};
  if (::utimensat(fd(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) fail("set the times of", path_ / name, errno);
}

void Directory::set_xattr(const std::string& name, const std::string& key, std::string_view value) const {
  check_name(path_, name);
  announce(Operation::kSetAttribute, path_, name);
  if (::lsetxattr(proc_path(fd(), name).c_str(), key.c_str(), value.data(), value.size(), 0) != 0) {
    fail("setxattr " + key + " of", path_ / name, errno);
  }
}

void set_owner(const File& file, Ownership owner) {
  if (::fchown(file.fd(), owner.uid, owner.gid) != 0) fail("chown", file.path(), errno);
}

void set_mtime(const File& file, struct timespec mtime) {
  const struct timespec times[2] = {mtime, mtime};
  if (::futimens(file.fd(), times) != 0) fail("set the times of", file.path(), errno);
}

void set_xattr(const File& file, const std::string& key, std::string_view value) {
  if (::fsetxattr(file.fd(), key.c_str(), value.data(), value.size(), 0) != 0)
    fail("setxattr " + key + " of", file.path(), errno);
}

}  // namespace davit::base::fs
