#pragma once
// Files. base/fs is the only code in davit that opens, writes, syncs, renames, links, removes, makes folders or mounts:
// each such call passes the fault seam (fault.h), where tests inject failures and crashes. All descriptors are
// close-on-exec. Errors name the call and the path.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "base/io.h"

namespace davit::base::fs {

namespace stdfs = std::filesystem;

// Owns a descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

struct Range {
  std::uint64_t offset = 0, size = 0;
};

enum class Access { kRead, kWrite, kReadWrite };
enum class Create { kNever, kIfMissing, kExclusive };  // kExclusive: Error(kConflict) when it exists

struct OpenOptions {
  Access access = Access::kRead;
  Create create = Create::kNever;
  mode_t mode = 0600;  // of a created file, whatever the umask is not
  bool append = false;
  bool truncate = false;
  bool follow_links = true;
};

class File {
 public:
  // Throws Error(kNotFound) when it is missing and may not be created.
  static File open(const stdfs::path& path, const OpenOptions& options = {});
  // Nothing when the file is missing; throws on any other failure.
  static std::optional<File> open_if_exists(const stdfs::path& path, const OpenOptions& options = {});
  // Takes a descriptor over; `name` is for messages.
  static File adopt(FileDescriptor fd, stdfs::path name);

  int fd() const { return fd_.get(); }
  const stdfs::path& path() const { return path_; }
  FileDescriptor take_fd() { return std::move(fd_); }

  std::size_t read(ByteSpan buffer);                                 // 0 at the end
  std::size_t read_at(ByteSpan buffer, std::uint64_t offset) const;  // fills the buffer unless the file ends
  void write(ByteView bytes);                                        // all of it
  void write_at(ByteView bytes, std::uint64_t offset);               // all of it
  std::uint64_t size() const;
  // The next piece of data at or after the offset, up to a hole or the end: SEEK_DATA. Nothing when only a hole is
  // left. A file system that knows no holes has data everywhere. Moves the place where read() goes on.
  std::optional<Range> data_after(std::uint64_t offset) const;
  struct stat status() const;
  std::uint64_t seek_end();
  void seek(std::uint64_t offset);
  void truncate(std::uint64_t size);
  void set_mode(mode_t mode);
  void sync();  // fsync(2). A file whose sync failed must be discarded, never synced again
  // Has the kernel begin to write a range to disk and does not wait for it: a later sync finds less to do. Not durable
  // by itself. A file system that cannot is no error; a disk that fails or is full is.
  void start_writeback(std::uint64_t offset, std::uint64_t size);
  // For a file that a sync of the whole file system has made durable: throws when any of its bytes could not be written
  // since it was opened. As for sync(), the file must then be discarded.
  void check_written();

 private:
  File(FileDescriptor fd, stdfs::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  FileDescriptor fd_;
  stdfs::path path_;
};

// Reads a file from an offset to its end. The kernel is told to read ahead.
class FileSource final : public Source {
 public:
  explicit FileSource(File file, std::uint64_t offset = 0);
  std::size_t read(ByteSpan buffer) override;
  std::uint64_t size() const { return file_.size(); }

 private:
  File file_;
};

// Reads a descriptor that it does not own (a pipe, standard input).
class FdSource final : public Source {
 public:
  FdSource(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  std::size_t read(ByteSpan buffer) override;

 private:
  int fd_;
  std::string name_;
};

// Writes to a file that outlives it, in place.
class FileSink final : public Sink {
 public:
  explicit FileSink(File& file) : file_(file) {}
  void write(ByteView bytes) override { file_.write(bytes); }

 private:
  File& file_;
};

// Writes to a file that outlives it from where that stands, and has what it wrote go to disk early, in steps of a few
// MiB: for large files that a sync ends.
class WritebackSink final : public Sink {
 public:
  explicit WritebackSink(File& file, std::uint64_t offset = 0) : file_(file), begin_(offset), end_(offset) {}
  void write(ByteView bytes) override;
  void finish() override;  // begins with the rest; waits for nothing
  std::uint64_t end() const { return end_; }

 private:
  File& file_;
  std::uint64_t begin_;  // of what the kernel was not told of yet
  std::uint64_t end_;
};

// The whole file; throws Error(kInvalidArgument) when it is larger than the limit.
std::string read_file(const stdfs::path& path, std::size_t limit = 16 * 1024 * 1024);
std::optional<std::string> read_file_if_exists(const stdfs::path& path, std::size_t limit = 16 * 1024 * 1024);
// Replaces or makes the file as one step, durably: temporary file beside it, fsync, rename, fsync of the folder.
void write_file_durably(const stdfs::path& path, std::string_view content, mode_t mode = 0600);
// The same without the syncs: for run state that does not outlive the boot.
void write_file(const stdfs::path& path, std::string_view content, mode_t mode = 0600);
// Writes to a file that exists and is not a regular one's replacement: /proc, cgroupfs.
void write_control_file(const stdfs::path& path, std::string_view content);

}  // namespace davit::base::fs
