#include "base/fs/paths.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/calls.h"
#include "base/strings.h"

namespace davit::base::fs {

namespace {

struct CloseDirectory {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::vector<std::string> names_in(const FileDescriptor& folder, const stdfs::path& path) {
  FileDescriptor listing(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listing) fail("open", path, errno);
  return read_names(std::move(listing), path);
}

struct stat status_of(const FileDescriptor& folder, const stdfs::path& path) {
  struct stat status = {};
  if (::fstat(folder.get(), &status) != 0) fail("stat", path, errno);
  return status;
}

std::uint64_t bytes_of(const struct stat& status) { return static_cast<std::uint64_t>(status.st_blocks) * 512; }

// Removes what is in the folder. A tree may be deeper than a process may have descriptors or stack frames (an archive
// or a container made it): so there is one descriptor at a time, and the way back up leads through "..".
std::uint64_t remove_contents(FileDescriptor folder, stdfs::path path) {
  struct Level {
    std::string name;  // of the folder we went into
    struct stat parent;
    std::uint64_t bytes;
    std::vector<std::string> left;
  };
  const dev_t device = status_of(folder, path).st_dev;  // another one is a mount point
  std::uint64_t freed = 0;
  std::vector<Level> above;
  std::vector<std::string> left = names_in(folder, path);
  while (!left.empty() || !above.empty()) {
    if (left.empty()) {
      Level level = std::move(above.back());
      above.pop_back();
      FileDescriptor parent(::openat(folder.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!parent && errno == ENOENT) return freed;  // another process removes the same tree, and is ahead of us
      if (!parent) fail("open", path.parent_path(), errno);
      const struct stat status = status_of(parent, path.parent_path());
      if (status.st_dev != level.parent.st_dev || status.st_ino != level.parent.st_ino) {
        throw Error::format(Code::kConflict, "remove {}: the folder was moved meanwhile", path.string());
      }
      folder = std::move(parent);
      if (::unlinkat(folder.get(), level.name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
        fail("remove", path, errno);
      freed += level.bytes;
      left = std::move(level.left);
      path = path.parent_path();
      continue;
    }
    const std::string entry = std::move(left.back());
    left.pop_back();
    struct stat status = {};
    if (::fstatat(folder.get(), entry.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      fail("stat", path / entry, errno);
    }
    if (status.st_dev != device) {
      throw Error::format(Code::kConflict, "remove {}: something is mounted there", (path / entry).string());
    }
    announce(Operation::kRemove, path / entry);
    if (S_ISDIR(status.st_mode)) {
      FileDescriptor child(::openat(folder.get(), entry.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!child && errno == ENOENT) continue;
      if (!child) fail("open", path / entry, errno);
      above.push_back({entry, status_of(folder, path), bytes_of(status), std::move(left)});
      folder = std::move(child);
      path /= entry;
      left = names_in(folder, path);
      continue;
    }
    if (::unlinkat(folder.get(), entry.c_str(), 0) != 0 && errno != ENOENT) fail("remove", path / entry, errno);
    if (status.st_nlink == 1) freed += bytes_of(status);
  }
  return freed;
}

}  // namespace

std::vector<std::string> read_names(FileDescriptor taken, const stdfs::path& path) {
  const std::unique_ptr<DIR, CloseDirectory> folder(::fdopendir(taken.get()));
  if (!folder) fail("list", path, errno);
  taken.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view entry_name = entry->d_name;
    if (entry_name != "." && entry_name != "..") names.emplace_back(entry_name);
    errno = 0;
  }
  if (errno != 0) fail("list", path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

bool exists(const stdfs::path& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  fail("stat", path, errno);
}

bool is_directory(const stdfs::path& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void make_directory(const stdfs::path& path, mode_t mode) {
  announce(Operation::kMakeDirectory, path);
  if (::mkdir(path.c_str(), mode) != 0) fail("mkdir", path, errno);
  if (::chmod(path.c_str(), mode) != 0) fail("chmod", path, errno);  // whatever the umask
}

void make_directories(const stdfs::path& path, mode_t mode) {
  if (path.empty() || fs::is_directory(path)) return;
  make_directories(path.parent_path(), mode);
  try {
    make_directory(path, mode);
  } catch (const Error&) {
    if (!fs::is_directory(path)) throw;  // another process may have made it meanwhile
  }
}

void rename(const stdfs::path& from, const stdfs::path& to) {
  announce(Operation::kRename, to);
  if (::rename(from.c_str(), to.c_str()) != 0) fail("rename " + from.string() + " to", to, errno);
}

bool rename_new(const stdfs::path& from, const stdfs::path& to) {
  announce(Operation::kRename, to);
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  fail("rename " + from.string() + " to", to, errno);
}

void exchange(const stdfs::path& a, const stdfs::path& b) {
  announce(Operation::kRename, b);
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
    fail("exchange " + a.string() + " with", b, errno);
  }
}

void hard_link(const stdfs::path& target, const stdfs::path& link) {
  announce(Operation::kLink, link);
  if (::link(target.c_str(), link.c_str()) != 0) fail("link " + target.string() + " to", link, errno);
}

void symbolic_link(const std::string& target, const stdfs::path& link) {
  announce(Operation::kLink, link);
  if (::symlink(target.c_str(), link.c_str()) != 0) fail("symlink", link, errno);
}

std::optional<std::string> read_link(const stdfs::path& path) {
  std::string target(4096, '\0');
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length < 0) {
    if (errno == ENOENT || errno == EINVAL || errno == ENOTDIR) return std::nullopt;
    fail("readlink", path, errno);
  }
  target.resize(static_cast<std::size_t>(length));
  return target;
}

void make_fifo(const stdfs::path& path, mode_t mode) {
  announce(Operation::kMakeNode, path);
  if (::mkfifo(path.c_str(), mode) != 0) fail("mkfifo", path, errno);
}

bool remove(const stdfs::path& path) {
  announce(Operation::kRemove, path);
  if (::remove(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  fail("remove", path, errno);
}

std::uint64_t remove_tree(const stdfs::path& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return 0;
    fail("stat", path, errno);
  }
  std::uint64_t freed = S_ISDIR(status.st_mode) || status.st_nlink == 1 ? bytes_of(status) : 0;
  if (S_ISDIR(status.st_mode)) {
    FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder && errno == ENOENT) return 0;
    if (!folder) fail("open", path, errno);
    freed += remove_contents(std::move(folder), path);
  }
  fs::remove(path);
  return freed;
}

std::vector<std::string> list(const stdfs::path& folder) {
  FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT) return {};
    fail("open", folder, errno);
  }
  return read_names(std::move(fd), folder);
}

void sync_directory(const stdfs::path& folder) {
  announce(Operation::kSync, folder);
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) fail("open", folder, errno);
  if (::fsync(fd.get()) != 0) fail("sync", folder, errno);
}

void sync_filesystem(const stdfs::path& any_path_on_it) { FilesystemSync(any_path_on_it).sync(); }

// An open file remembers which errors of its file system had been told when it was opened.
FilesystemSync::FilesystemSync(const stdfs::path& any_path_on_it)
    : path_(any_path_on_it), fd_(::open(any_path_on_it.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (!fd_) fail("open", path_, errno);
}

void FilesystemSync::sync() const {
  announce(Operation::kSync, path_);
  if (::syncfs(fd_.get()) != 0) fail("sync", path_, errno);
}

TemporaryDirectory::TemporaryDirectory(const stdfs::path& parent, std::string_view prefix)
    : path_(parent / (std::string(prefix) + random_hex(8))) {
  fs::make_directory(path_, 0700);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(other.keep()) {}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  try {
    remove_tree(path_);
  } catch (const Error&) {  // what is left is found and removed by the next command that looks for abandoned folders
  }
}

stdfs::path TemporaryDirectory::keep() {
  stdfs::path kept = std::move(path_);
  path_.clear();
  return kept;
}

}  // namespace davit::base::fs
