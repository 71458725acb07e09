#include "base/fs/copy.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <utility>

#include <unistd.h>

#include "base/error.h"
#include "base/fs/calls.h"
#include "base/interrupt.h"

namespace davit::base::fs {

namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr mode_t kSetIdBits = S_ISUID | S_ISGID;

// Where data (SEEK_DATA) or a hole (SEEK_HOLE) begins at or after an offset; the file's size when there is none.
std::uint64_t next(const File& file, std::uint64_t offset, int what, std::uint64_t size) {
  const off_t found = ::lseek(file.fd(), static_cast<off_t>(offset), what);
  if (found >= 0) return static_cast<std::uint64_t>(found);
  if (errno == ENXIO) return size;
  if (errno == EINVAL) return what == SEEK_DATA ? offset : size;  // a file system that knows of no holes
  fail("seek", file.path(), errno);
}

void copy_data(const File& from, File& to) {
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kBufferBytes);
  const std::uint64_t size = from.size();
  for (std::uint64_t at = next(from, 0, SEEK_DATA, size); at < size; at = next(from, at, SEEK_DATA, size)) {
    for (const std::uint64_t end = std::min(next(from, at, SEEK_HOLE, size), size); at < end;) {
      check_interrupted();
      const ByteSpan piece(buffer.get(), std::min<std::uint64_t>(kBufferBytes, end - at));
      const std::size_t count = from.read_at(piece, at);
      if (count == 0) throw Error::format(Code::kIo, "{} has become shorter while it was copied", from.path().string());
      to.write_at(piece.first(count), at);
      at += count;
    }
  }
  to.truncate(size);
}

}  // namespace

void copy_file(const Directory& from, const std::string& from_name, const Directory& to, const std::string& to_name) {
  const auto status = from.status(from_name);
  if (!status) fail("copy", from.path() / from_name, ENOENT);
  const mode_t mode = status->st_mode & 07777;
  if (S_ISREG(status->st_mode)) {
    const auto source = from.open_file_inside(from_name);
    if (!source) fail("copy", from.path() / from_name, ENOENT);
    File file = to.create_file(to_name, 0600);
    copy_data(*source, file);
  } else if (S_ISLNK(status->st_mode)) {
    to.symbolic_link(from.read_link(from_name).value_or(""), to_name);
  } else {
    to.make_node(to_name, (status->st_mode & S_IFMT) | (mode & ~kSetIdBits), status->st_rdev);
  }
  to.set_owner(to_name, {status->st_uid, status->st_gid});
  if (!S_ISLNK(status->st_mode)) to.set_mode(to_name, mode);
  for (const auto& [key, value] : from.xattrs(from_name)) to.set_xattr(to_name, key, value);
  to.set_mtime(to_name, status->st_mtim);
}

void copy_attributes(const Directory& from, const Directory& to) {
  const auto status = from.own_status();
  File folder = to.own_file();
  set_owner(folder, {status.st_uid, status.st_gid});
  folder.set_mode(status.st_mode & 07777);
  for (const auto& [key, value] : from.own_xattrs()) set_xattr(folder, key, value);
  set_mtime(folder, status.st_mtim);
}

namespace {

class TreeCopy {
 public:
  explicit TreeCopy(const Directory& to) : root_(to) {}

  void copy(const Directory& from, const Directory& to, const stdfs::path& place) {
    for (const auto& name : from.list()) {
      check_interrupted();
      const auto status = from.status(name);
      if (!status || S_ISSOCK(status->st_mode)) continue;
      if (S_ISDIR(status->st_mode)) {
        to.make_directory(name, 0700);
        copy(open(from, name), open(to, name), place / name);
      } else if (!link(*status, to, name, place)) {
        copy_file(from, name, to, name);
      }
    }
    copy_attributes(from, to);  // last: what was made in it changed its time
  }

 private:
  static Directory open(const Directory& folder, const std::string& name) {
    auto child = folder.child(name);
    if (!child) fail("open", folder.path() / name, ENOENT);
    return std::move(*child);
  }

  // All names of a file but the first.
  bool link(const struct stat& status, const Directory& to, const std::string& name, const stdfs::path& place) {
    if (status.st_nlink < 2) return false;
    const auto [first, is_new] = links_.try_emplace({status.st_dev, status.st_ino}, place / name);
    if (is_new) return false;
    const auto folder = root_.open_inside(first->second.parent_path());
    if (!folder) fail("open", root_.path() / first->second.parent_path(), ENOENT);
    to.hard_link(*folder, first->second.filename(), name);
    return true;
  }

  const Directory& root_;
  std::map<std::pair<dev_t, ino_t>, stdfs::path> links_;
};

}  // namespace

void copy_tree(const Directory& from, const Directory& to) { TreeCopy(to).copy(from, to, ""); }

}  // namespace davit::base::fs
