#include "base/fs/copy.h"

#include <algorithm>
#include <cerrno>
#include <memory>

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

}  // namespace davit::base::fs
