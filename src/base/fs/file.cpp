#include "base/fs/file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/calls.h"
#include "base/fs/paths.h"
#include "base/strings.h"

namespace davit::base::fs {

namespace {

constexpr std::uint64_t kWritebackBytes = 8 * 1024 * 1024;

void write_all(int fd, ByteView bytes, const stdfs::path& path) {
  while (!bytes.empty()) {
    announce(Operation::kWrite, path);
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      fail("write", path, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

int open_flags(const OpenOptions& options) {
  int flags = O_CLOEXEC | O_NOCTTY;
  switch (options.access) {
    case Access::kRead:
      flags |= O_RDONLY;
      break;
    case Access::kWrite:
      flags |= O_WRONLY;
      break;
    case Access::kReadWrite:
      flags |= O_RDWR;
      break;
  }
  if (options.create != Create::kNever) flags |= O_CREAT;
  if (options.create == Create::kExclusive) flags |= O_EXCL;
  if (options.append) flags |= O_APPEND;
  if (options.truncate) flags |= O_TRUNC;
  if (!options.follow_links) flags |= O_NOFOLLOW;
  return flags;
}

void write_beside_and_rename(const stdfs::path& path, std::string_view content, mode_t mode, bool durable) {
  const stdfs::path temporary = path.parent_path() / ("." + path.filename().string() + "." + random_hex(6));
  try {
    File file = File::open(temporary, {.access = Access::kWrite, .create = Create::kExclusive, .mode = mode});
    file.set_mode(mode);
    file.write(as_byte_view(content));
    if (durable) file.sync();
    fs::rename(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (durable) sync_directory(path.parent_path());
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

FileDescriptor::~FileDescriptor() { reset(); }

int FileDescriptor::release() { return std::exchange(fd_, -1); }

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(release());
}

std::optional<File> File::open_if_exists(const stdfs::path& path, const OpenOptions& options) {
  if (options.access != Access::kRead) announce(Operation::kOpenForWrite, path);
  int fd = -1;
  do {
    fd = ::open(path.c_str(), open_flags(options), options.mode);
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) return File(FileDescriptor(fd), path);
  if (errno == ENOENT) return std::nullopt;
  fail("open", path, errno);
}

File File::open(const stdfs::path& path, const OpenOptions& options) {
  auto file = open_if_exists(path, options);
  if (!file) fail("open", path, ENOENT);
  return std::move(*file);
}

File File::adopt(FileDescriptor fd, stdfs::path name) { return File(std::move(fd), std::move(name)); }

std::size_t File::read(ByteSpan buffer) {
  while (true) {
    const ssize_t count = ::read(fd(), buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) fail("read", path_, errno);
  }
}

std::size_t File::read_at(ByteSpan buffer, std::uint64_t offset) const {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count =
        ::pread(fd(), buffer.data() + filled, buffer.size() - filled, static_cast<off_t>(offset + filled));
    if (count < 0) {
      if (errno == EINTR) continue;
      fail("read", path_, errno);
    }
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

void File::write(ByteView bytes) { write_all(fd(), bytes, path_); }

void File::write_at(ByteView bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    announce(Operation::kWrite, path_);
    const ssize_t count = ::pwrite(fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      fail("write", path_, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

struct stat File::status() const {
  struct stat status = {};
  if (::fstat(fd(), &status) != 0) fail("stat", path_, errno);
  return status;
}

std::uint64_t File::size() const { return static_cast<std::uint64_t>(status().st_size); }

std::optional<Range> File::data_after(std::uint64_t offset) const {
  const off_t begin = ::lseek(fd(), static_cast<off_t>(offset), SEEK_DATA);
  if (begin < 0) {
    if (errno == ENXIO) return std::nullopt;
    fail("seek", path_, errno);
  }
  const off_t end = ::lseek(fd(), begin, SEEK_HOLE);
  if (end < 0) {
    if (errno == ENXIO) return std::nullopt;  // cut meanwhile
    fail("seek", path_, errno);
  }
  return Range{static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end - begin)};
}

std::uint64_t File::seek_end() {
  const off_t offset = ::lseek(fd(), 0, SEEK_END);
  if (offset < 0) fail("seek", path_, errno);
  return static_cast<std::uint64_t>(offset);
}

void File::seek(std::uint64_t offset) {
  if (::lseek(fd(), static_cast<off_t>(offset), SEEK_SET) < 0) fail("seek", path_, errno);
}

void File::truncate(std::uint64_t size) {
  announce(Operation::kTruncate, path_);
  if (::ftruncate(fd(), static_cast<off_t>(size)) != 0) fail("truncate", path_, errno);
}

void File::set_mode(mode_t mode) {
  announce(Operation::kSetAttribute, path_);
  if (::fchmod(fd(), mode) != 0) fail("chmod", path_, errno);
}

void File::sync() {
  announce(Operation::kSync, path_);
  if (::fsync(fd()) != 0) fail("sync", path_, errno);
}

void File::start_writeback(std::uint64_t offset, std::uint64_t size) {
  announce(Operation::kSync, path_);
  if (::sync_file_range(fd(), static_cast<off_t>(offset), static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE) == 0) return;
  if (errno == EIO || errno == ENOSPC || errno == EDQUOT) fail("write back", path_, errno);
}

void File::check_written() {
  announce(Operation::kSync, path_);
  constexpr unsigned kAll = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  if (::sync_file_range(fd(), 0, 0, kAll) != 0) fail("sync", path_, errno);
}

void WritebackSink::write(ByteView bytes) {
  file_.write(bytes);
  end_ += bytes.size();
  if (end_ - begin_ >= kWritebackBytes) finish();
}

void WritebackSink::finish() {
  if (end_ == begin_) return;
  file_.start_writeback(begin_, end_ - begin_);
  begin_ = end_;
}

FileSource::FileSource(File file, std::uint64_t offset) : file_(std::move(file)) {
  file_.seek(offset);
  ::posix_fadvise(file_.fd(), static_cast<off_t>(offset), 0, POSIX_FADV_SEQUENTIAL);
}

std::size_t FileSource::read(ByteSpan buffer) { return file_.read(buffer); }

std::size_t FdSource::read(ByteSpan buffer) {
  while (true) {
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) fail("read", name_, errno);
  }
}

std::optional<std::string> read_file_if_exists(const stdfs::path& path, std::size_t limit) {
  auto file = File::open_if_exists(path);
  if (!file) return std::nullopt;
  // Files of /proc have size 0: so read until the end, not the size.
  StringSink content(limit);
  std::byte buffer[16 * 1024];
  while (const std::size_t count = file->read(buffer)) {
    if (count > limit - content.text().size()) {
      throw Error::format(Code::kInvalidArgument, "{}: larger than {} bytes", path.string(), limit);
    }
    content.write(ByteView(buffer).first(count));
  }
  return content.take();
}

std::string read_file(const stdfs::path& path, std::size_t limit) {
  auto content = read_file_if_exists(path, limit);
  if (!content) fail("open", path, ENOENT);
  return std::move(*content);
}

void write_file_durably(const stdfs::path& path, std::string_view content, mode_t mode) {
  write_beside_and_rename(path, content, mode, true);
}

void write_file(const stdfs::path& path, std::string_view content, mode_t mode) {
  write_beside_and_rename(path, content, mode, false);
}

void write_control_file(const stdfs::path& path, std::string_view content) {
  File file = File::open(path, {.access = Access::kWrite});
  file.write(as_byte_view(content));
}

}  // namespace davit::base::fs
