#pragma once
// For tests of layers: archives made entry by entry, and folder trees compared in all that an image keeps.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/fs/tree.h"
#include "codec/file_tree.h"
#include "codec/tar.h"
#include "oci/digest.h"

namespace davit::test {

inline constexpr timespec kTestTime = {1'600'000'000, 123'456'789};

class Archive {
 public:
  Archive& add(codec::TarEntry entry, std::string data = {});
  Archive& folder(const std::string& path, mode_t mode = 0755, std::uint32_t uid = 0, std::uint32_t gid = 0);
  Archive& file(const std::string& path, const std::string& content, mode_t mode = 0644, std::uint32_t uid = 0,
                std::uint32_t gid = 0);
  Archive& symlink(const std::string& path, const std::string& target);
  Archive& hard_link(const std::string& path, const std::string& target);
  Archive& device(const std::string& path, std::uint32_t major, std::uint32_t minor);
  Archive& fifo(const std::string& path);
  Archive& whiteout(const std::string& path);  // "a/b" makes a/.wh.b
  Archive& opaque(const std::string& folder);

  std::string bytes() const;
  Archive part(std::size_t begin, std::size_t end) const;  // some of its entries
  oci::Digest diff_id() const;
  const std::vector<codec::TarEntry>& entries() const { return entries_; }

 private:
  std::vector<codec::TarEntry> entries_;
  std::vector<std::string> data_;
};

struct TreeNode {
  mode_t mode = 0;  // with the type
  uid_t uid = 0;
  gid_t gid = 0;
  timespec mtime = {};
  dev_t device = 0;
  std::string content;  // a link's target
  base::fs::Xattrs xattrs;
  std::string link_group;  // the first path of the same file
  bool opaque = false;     // overlayfs's mark
};
using Tree = std::map<std::string, TreeNode>;  // by path; "" is the root

// Of a whiteout only that it is one.
Tree read_tree(const std::filesystem::path& root);
// The same of a tree in memory, whose files' data is in the archive or in a file beside it (null: there is none).
Tree read_tree(const codec::FileTree& tree, std::string_view archive, const base::fs::File* beside);
// What differs, a line each; empty when nothing. Of a folder that `expected` has as changed after `since` (by an entry
// made in it), where that is given, the time is not compared.
std::string difference(const Tree& expected, const Tree& found, time_t since = 0);

// What GNU tar and a few removals make of a layer over what is in `root` already. It writes through absolute links: let
// there be none.
void apply_with_gnu_tar(const Archive& layer, const std::filesystem::path& root);

}  // namespace davit::test
