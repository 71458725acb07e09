#pragma once
// Looks things up in the tree that a chain of unpacked layers makes, without mounting it: whiteouts and opaque folders
// hide what lies below, links are resolved as if the tree's root were /. For reading; not thread-safe where
// fs::Directory is not.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs/tree.h"

namespace davit::layer {

struct MergedEntry {
  std::string path;    // in the merged tree, with the links among its parents resolved; "" is the root
  struct stat status;  // of the topmost one, which decides a folder's attributes
  // Where it really lies: this name in this folder of a layer. (The root: the layer's folder in its parent.)
  std::shared_ptr<const base::fs::Directory> folder;
  std::string name;

  bool is_directory() const { return S_ISDIR(status.st_mode); }
  bool is_symlink() const { return S_ISLNK(status.st_mode); }
  std::string link_target() const { return folder->read_link(name).value_or(""); }
  base::fs::Xattrs xattrs() const;  // without overlayfs's own
};

enum class Links {
  kFollow,
  kFollowParents,  // as lstat(2)
  kNone,           // a link among the parents is absence
};

class MergedTree {
 public:
  // Folders in overlayfs's form (unpack.h), top first; they stay as they are while this lives. Holds each open.
  explicit MergedTree(const std::vector<std::filesystem::path>& layers);
  ~MergedTree();
  MergedTree(MergedTree&&) noexcept;
  MergedTree& operator=(MergedTree&&) noexcept;

  // Nothing when it is missing, a parent is no folder, or links turn in a circle.
  std::optional<MergedEntry> find(std::string_view path, Links links = Links::kFollow) const;
  // The names in a folder, sorted; empty when it is missing or no folder. Links are followed.
  std::vector<std::string> list(std::string_view path) const;
  // A regular file, for reading; nothing when there is none. Links are followed.
  std::optional<base::fs::File> open_file(std::string_view path) const;
  // The path with all links in it resolved, also where what they lead to is missing in whole or in part: "lib/x" with
  // `lib -> usr/lib` is "usr/lib/x" always. Nothing when links turn in a circle.
  std::optional<std::string> resolve(std::string_view path) const;

 private:
  struct Folder;
  struct Found;
  struct Walk;
  using FolderPtr = std::shared_ptr<const Folder>;

  std::optional<Found> look_up(const FolderPtr& in, const std::string& name) const;
  void walk(Walk& state, std::string_view path, Links links) const;

  FolderPtr root_;
};

}  // namespace davit::layer
