#pragma once
// A layer's tree as folders and files: the overlay driver's form.

#include <cstddef>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/fs/tree.h"
#include "layer/tree_target.h"

namespace davit::layer {

// For root. Nobody else changes the folder meanwhile: what the tree says of it is not looked up again. Folders are
// opened from their parents, never through a link, and the 64 used last stay open, so that a file costs open, write,
// times and close, and nothing to find its folder. Not for two threads at once.
class FolderTarget final : public TreeTarget {
 public:
  // Makes the root as the new folder `name` in `parent`, which outlives this; so does the tree.
  FolderTarget(codec::FileTree& tree, const base::fs::Directory& parent, std::string name);

  void make_folder(const Place& at) override;
  void make_file(const Place& at, const codec::TarEntry& entry, codec::TarReader& tar) override;
  void make_other(const Place& at) override;
  void make_link(const Place& at, const Place& from) override;
  void remove(const Place& at) override;
  void change_folder(const Place& at) override;
  void mark_opaque(const Place& at) override;
  std::optional<std::string> set_xattr(const Place& at, const std::string& key, const std::string& value) override;
  void finish() override;

 private:
  using DirectoryPtr = std::shared_ptr<const base::fs::Directory>;
  // How to name a thing in an …at call: the root is a name in its parent, too.
  struct Spot {
    const base::fs::Directory* parent;
    std::string name;
    DirectoryPtr keep_open;
    const base::fs::Directory* operator->() const { return parent; }
  };

  Spot spot(const Place& at);
  const DirectoryPtr& open(codec::NodeId folder);
  void keep_open(codec::NodeId folder, base::fs::Directory directory);
  bool needs_owner(const Place& at) const;
  bool inherits_setgid(const Place& at) const;
  void write_data(const codec::TarEntry& entry, codec::TarReader& tar, base::fs::File& file);
  base::ByteView put_together(const codec::TarEntry& entry, base::ByteView first, codec::TarReader& tar);
  void set_late_xattrs(const Place& at, const Spot& where);

  codec::FileTree& tree_;
  const base::fs::Directory& parent_;
  std::string name_;
  mode_t umask_;
  base::fs::Ownership ours_;
  std::vector<std::byte> small_;  // a small file's data

  static constexpr std::size_t kOpenFolders = 64;
  std::list<std::pair<codec::NodeId, DirectoryPtr>> recent_;  // used last first
  std::unordered_map<codec::NodeId, decltype(recent_)::iterator> open_;
};

}  // namespace davit::layer
