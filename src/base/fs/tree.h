#pragma once
// A folder tree that is written or read without ever leaving it: each path is resolved by openat2(2) with
// RESOLVE_IN_ROOT (links are followed as if the folder were /) or not at all. For unpacking layers and looking into
// container roots. Part of the fs seam; see file.h.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "base/fs/file.h"

namespace davit::base::fs {

using Xattrs = std::vector<std::pair<std::string, std::string>>;

struct Ownership {
  uid_t uid = 0;
  gid_t gid = 0;
};

// A folder inside a tree, by descriptor. The ...at functions take one name (no slash, not "." or ".."), never follow
// it, and throw Error naming tree path and name.
class Directory {
 public:
  static Directory open(const stdfs::path& path);  // a trusted path of our own; throws Error(kNotFound)
  // The same, called otherwise in messages: a container's root is "/" to its user.
  static Directory open(const stdfs::path& path, const stdfs::path& shown);
  Directory(Directory&&) noexcept = default;
  Directory& operator=(Directory&&) noexcept = default;

  int fd() const { return fd_.get(); }
  const stdfs::path& path() const { return path_; }

  // Below this folder, with links resolved inside it as if it were the root. Nothing when a component is missing or is
  // no folder; Error(kNotSupported) where the kernel lacks openat2.
  std::optional<Directory> open_inside(const stdfs::path& relative) const;
  // The same for a regular file, for reading.
  std::optional<File> open_file_inside(const stdfs::path& relative) const;
  // The same for whatever is there, by a descriptor that only names it (O_PATH).
  std::optional<FileDescriptor> open_path_inside(const stdfs::path& relative) const;
  // The folder itself, for set_owner() and the like: what a name leads to may change, what a descriptor is does not.
  File own_file() const;
  // The folder of that name in this one, not through a link; nothing when it is missing or no folder.
  std::optional<Directory> child(const std::string& name) const;
  // The same for a regular file, for reading.
  std::optional<File> child_file(const std::string& name) const;

  std::optional<struct stat> status(const std::string& name) const;  // lstat; nothing when missing
  std::optional<std::string> read_link(const std::string& name) const;
  Xattrs xattrs(const std::string& name) const;  // of the name itself, links included
  // One of them; nothing when it is missing or the file system has none.
  std::optional<std::string> xattr(const std::string& name, const std::string& key) const;
  std::vector<std::string> list() const;  // names, sorted
  // Of the folder itself.
  struct stat own_status() const;
  Xattrs own_xattrs() const;

  File create_file(const std::string& name, mode_t mode) const;  // exclusive
  void make_directory(const std::string& name, mode_t mode) const;
  void symbolic_link(const std::string& target, const std::string& name) const;
  void make_node(const std::string& name, mode_t mode_and_type, dev_t device) const;
  void hard_link(const Directory& from, const std::string& from_name, const std::string& name) const;
  // The same; false where the two lie on different file systems.
  bool try_hard_link(const Directory& from, const std::string& from_name, const std::string& name) const;
  // The name moves to another folder of the same file system; false where it is taken there.
  bool rename_new(const std::string& name, const Directory& to, const std::string& new_name) const;
  void remove(const std::string& name) const;  // with all in it when it is a folder; fine when missing
  void set_owner(const std::string& name, Ownership owner) const;
  void set_mode(const std::string& name, mode_t mode) const;  // not for links
  void set_mtime(const std::string& name, struct timespec mtime) const;
  void set_xattr(const std::string& name, const std::string& key, std::string_view value) const;

 private:
  Directory(FileDescriptor fd, stdfs::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  FileDescriptor fd_;
  stdfs::path path_;
};

// The same by descriptor of an open file, before it is closed: what unpacking a file needs, without a second lookup.
void set_owner(const File& file, Ownership owner);
void set_mtime(const File& file, struct timespec mtime);
void set_xattr(const File& file, const std::string& key, std::string_view value);

}  // namespace davit::base::fs
