#pragma once
// Names in the file system: making, moving, removing and listing them. Part of the fs seam; see file.h.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fs/file.h"

namespace davit::base::fs {

bool exists(const stdfs::path& path);  // of the name itself; a dangling link exists
bool is_directory(const stdfs::path& path);
void make_directory(const stdfs::path& path, mode_t mode = 0700);    // Error(kConflict) when it exists
void make_directories(const stdfs::path& path, mode_t mode = 0700);  // and its parents; fine when they exist
void rename(const stdfs::path& from, const stdfs::path& to);         // replaces a file or an empty folder
// The same where `to` does not exist yet; false, with nothing done, where it does.
bool rename_new(const stdfs::path& from, const stdfs::path& to);
void exchange(const stdfs::path& a, const stdfs::path& b);  // RENAME_EXCHANGE
void hard_link(const stdfs::path& target, const stdfs::path& link);
void symbolic_link(const std::string& target, const stdfs::path& link);
std::optional<std::string> read_link(const stdfs::path& path);  // nothing when it is missing or no link
void make_fifo(const stdfs::path& path, mode_t mode);
bool remove(const stdfs::path& path);  // file, link or empty folder; false when it was missing
// Removes a folder and all in it, without following links, through read-only and odd modes. Fine when missing; a mount
// point inside is an error, never entered. Returns the bytes of disk (st_blocks) that files with no other link gave
// back.
std::uint64_t remove_tree(const stdfs::path& path);
std::vector<std::string> list(const stdfs::path& folder);  // names, sorted, without . and ..; empty when it is missing
void sync_directory(const stdfs::path& folder);
// syncfs(2). It does not tell of bytes that were lost before, where another's sync has told of them: see
// FilesystemSync.
void sync_filesystem(const stdfs::path& any_path_on_it);

// A sync of a file system at the end of some work that begins now: it fails if since then anything could not be
// written, whoever else has been told so. What was written must then be discarded, never synced again.
class FilesystemSync {
 public:
  explicit FilesystemSync(const stdfs::path& any_path_on_it);
  void sync() const;

 private:
  stdfs::path path_;
  FileDescriptor fd_;
};

// A folder of its own under `parent`, removed with all in it unless kept.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const stdfs::path& parent, std::string_view prefix = "tmp-");
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;
  ~TemporaryDirectory();
  const stdfs::path& path() const { return path_; }
  stdfs::path keep();  // the caller owns it from now on

 private:
  stdfs::path path_;
};

}  // namespace davit::base::fs
