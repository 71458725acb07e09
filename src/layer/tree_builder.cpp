#include "layer/tree_builder.h"

#include <climits>
#include <unordered_map>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/strings.h"
#include "layer/archive_name.h"
#include "layer/entry_xattrs.h"
#include "layer/overlay_form.h"
#include "layer/tree_paths.h"

namespace davit::layer {

using base::Code;
using base::Error;
using codec::EntryType;
using codec::FileNode;
using codec::FileTree;
using codec::kNoNode;
using codec::kRootNode;
using codec::NodeId;
using codec::NodeType;
using codec::TarEntry;

namespace {

constexpr std::uint64_t kBlockBytes = 4096;
// What Linux's dev_t holds: 12 bits and 20.
constexpr std::uint32_t kMostMajor = (1U << 12) - 1, kMostMinor = (1U << 20) - 1;

std::uint64_t whole_blocks(std::uint64_t size) { return (size + kBlockBytes - 1) / kBlockBytes * kBlockBytes; }

[[noreturn]] void refuse(const TarEntry& entry, std::string_view why) {
  throw Error::format(Code::kInvalidArgument, "layer entry '{}' {}", base::printable(entry.path), why);
}

NodeType node_type(EntryType type) {
  switch (type) {
    case EntryType::kDirectory:
      return NodeType::kFolder;
    case EntryType::kSymlink:
      return NodeType::kSymlink;
    case EntryType::kCharacterDevice:
      return NodeType::kCharacterDevice;
    case EntryType::kBlockDevice:
      return NodeType::kBlockDevice;
    case EntryType::kFifo:
      return NodeType::kFifo;
    case EntryType::kFile:
    case EntryType::kHardLink:
      break;
  }
  return NodeType::kFile;
}

void set_attributes(const TarEntry& entry, FileNode& node) {
  node.mode = static_cast<std::uint16_t>(entry.mode & 07777);
  node.uid = entry.uid;
  node.gid = entry.gid;
  node.mtime_seconds = entry.mtime.tv_sec;
  node.mtime_nanoseconds = static_cast<std::uint32_t>(entry.mtime.tv_nsec);
}

FileNode node_of(const TarEntry& entry) {
  FileNode node = {.type = node_type(entry.type)};
  set_attributes(entry, node);
  return node;
}

class TreeBuilder {
 public:
  TreeBuilder(codec::TarReader& tar, FileTree& tree, TreeTarget& target)
      : tar_(tar), tree_(tree), target_(target), paths_(tree, target) {}

  Unpacked run() {
    while (const auto entry = tar_.next()) {
      base::check_interrupted();
      add(*entry);
    }
    target_.finish();
    count();
    const FileNode& root = tree_[kRootNode];
    result_.root_opaque = root.opaque;
    result_.root_special = result_.root_listed &&
                           (root.mode != kImpliedMode || root.uid != 0 || root.gid != 0 || !tree_.xattrs(root).empty());
    result_.implied = paths_.implied();
    return std::move(result_);
  }

 private:
  void add(const TarEntry& entry) {
    const ArchiveName name = parse_archive_name(entry.path);
    switch (name.kind) {
      case NameKind::kRoot:
        if (entry.type != EntryType::kDirectory) refuse(entry, "is the root, but no folder");
        result_.root_listed = true;
        return update_folder(entry, kRootNode);
      case NameKind::kEntry:
        return add_entry(entry, paths_.open(name.parent), name.name);
      case NameKind::kWhiteout:
        return add_whiteout(paths_.open(name.parent), name.name);
      case NameKind::kOpaque:
        return paths_.mark_opaque(paths_.open(name.parent));
      case NameKind::kIgnored:
        return;
    }
  }

  void add_entry(const TarEntry& entry, NodeId folder, std::string_view name) {
    switch (entry.type) {
      case EntryType::kFile:
        return add_file(entry, folder, name);
      case EntryType::kHardLink:
        return add_hard_link(entry, folder, name);
      case EntryType::kDirectory:
        return add_folder(entry, folder, name);
      case EntryType::kSymlink:
        return add_symlink(entry, folder, name);
      case EntryType::kCharacterDevice:
      case EntryType::kBlockDevice:
      case EntryType::kFifo:
        return add_special(entry, folder, name);
    }
  }

  void add_file(const TarEntry& entry, NodeId folder, std::string_view name) {
    paths_.clear(folder, name);
    FileNode node = node_of(entry);
    node.size = entry.size;
    const Place at = {.folder = folder, .name = name, .node = tree_.add(folder, name, node)};
    if (entry.sparse) {
      std::uint64_t& stored = sparse_bytes_[at.node];
      for (const codec::SparseExtent& extent : *entry.sparse) stored += whole_blocks(extent.size);
    }
    target_.make_file(at, entry, tar_);
    set_xattrs(entry, at);
  }

  void add_symlink(const TarEntry& entry, NodeId folder, std::string_view name) {
    if (entry.link_target.empty() || entry.link_target.size() >= PATH_MAX) refuse(entry, "is a link to no valid name");
    paths_.clear(folder, name);
    FileNode link = node_of(entry);
    link.mode = 0777;  // Linux has no others
    const NodeId node = tree_.add_symlink(folder, name, link, entry.link_target);
    make_other(entry, {.folder = folder, .name = name, .node = node});
  }

  void add_special(const TarEntry& entry, NodeId folder, std::string_view name) {
    FileNode node = node_of(entry);
    if (entry.type != EntryType::kFifo) {
      if (entry.device_major == 0 && entry.device_minor == 0) {
        refuse(entry, "is a device 0:0, which overlayfs takes for a deleted file");
      }
      if (entry.device_major > kMostMajor || entry.device_minor > kMostMinor) {
        refuse(entry, fmt::format("is a device {}:{}, a number that Linux does not have", entry.device_major,
                                  entry.device_minor));
      }
      node.device_major = entry.device_major;
      node.device_minor = entry.device_minor;
    }
    paths_.clear(folder, name);
    make_other(entry, {.folder = folder, .name = name, .node = tree_.add(folder, name, node)});
  }

  void make_other(const TarEntry& entry, const Place& at) {
    target_.make_other(at);
    set_xattrs(entry, at);
  }

  void add_hard_link(const TarEntry& entry, NodeId folder, std::string_view name) {
    std::string target;
    try {
      target = clean_archive_path(entry.link_target);
    } catch (const Error&) {
      refuse(entry, "is a hard link that leads out of the layer: '" + base::printable(entry.link_target) + "'");
    }
    Place from = {.folder = paths_.find(parent_of(target)), .name = last_of(target), .node = kNoNode};
    if (from.folder != kNoNode && !from.name.empty()) from.node = tree_.find(from.folder, from.name);
    if (from.node == kNoNode || tree_[from.node].is_whiteout() || tree_[from.node].is_folder()) {
      refuse(entry, "is a hard link to '" + base::printable(entry.link_target) + "', which is no file of this layer");
    }
    const NodeId old = tree_.find(folder, name);
    if (old == from.node) return;
    if (old != kNoNode && tree_[old].is_folder() && is_below(from.folder, old)) {
      refuse(entry, "is a hard link that would replace a folder by a file in it");
    }
    paths_.clear(folder, name);
    tree_.add_name(folder, name, from.node);
    target_.make_link({.folder = folder, .name = name, .node = from.node}, from);
  }

  // Whether a folder is the other or lies in it.
  bool is_below(NodeId folder, NodeId other) const {
    while (folder != other && folder != kRootNode) folder = tree_.parent(folder);
    return folder == other;
  }

  void add_folder(const TarEntry& entry, NodeId folder, std::string_view name) {
    const NodeId old = tree_.find(folder, name);
    if (old != kNoNode && tree_[old].is_folder()) return update_folder(entry, old);
    const bool was_whiteout = old != kNoNode && tree_[old].is_whiteout();
    paths_.clear(folder, name);
    const Place at = paths_.make_folder(folder, name, node_of(entry));
    if (was_whiteout) paths_.mark_opaque(at.node);
    set_xattrs(entry, at);
  }

  // Gives a folder that is there, the root or one listed twice or implied before, the entry's attributes. Its xattrs
  // stay where the entry has no others, but for the ACL of files yet to be made in it.
  void update_folder(const TarEntry& entry, NodeId folder) {
    FileNode& node = tree_[folder];
    set_attributes(entry, node);
    node.implied = false;
    if (node.xattrs != 0) {
      FileTree::Xattrs kept = tree_.xattrs(node);
      std::erase_if(kept, [](const auto& xattr) { return xattr.first == kDefaultAcl; });
      for (auto& [key, value] : kept) {
        if (key == kAccessAcl) value = acl_with_mode(value, node.mode);
      }
      keep_xattrs(node, std::move(kept));
    }
    const Place at = paths_.place_of(folder);
    target_.change_folder(at);
    set_xattrs(entry, at);
  }

  // OCI image-spec: a whiteout hides what lower layers have, never what its own layer has under the same name, wherever
  // in the archive it stands. So a folder of this layer becomes opaque, and a file stays.
  void add_whiteout(NodeId folder, std::string_view name) {
    const NodeId old = tree_.find(folder, name);
    if (old == kNoNode) {
      const FileNode whiteout = {.type = NodeType::kCharacterDevice};
      target_.make_other({.folder = folder, .name = name, .node = tree_.add(folder, name, whiteout)});
    } else if (tree_[old].is_folder()) {
      paths_.mark_opaque(old);
      tree_[old].implied = false;  // nothing below is left whose attributes it could have
    }
  }

  void set_xattrs(const TarEntry& entry, const Place& at) {
    if (entry.xattrs.empty()) return;
    FileNode& node = tree_[at.node];
    FileTree::Xattrs kept = tree_.xattrs(node);
    for (const auto& [key, value] : entry.xattrs) {
      if (is_overlay_control(key)) continue;
      const XattrCheck check = check_xattr(node.type, key, value);
      if (check.fate == XattrFate::kMalformed) {
        refuse(entry, fmt::format("has an xattr {} that {}", base::printable(key), check.why));
      }
      std::optional<std::string> why_not;
      if (check.fate == XattrFate::kTaken) {
        why_not = target_.set_xattr(at, key, value);
      } else {
        why_not = std::string(check.why);
      }
      if (why_not) {
        // Not for this type of file, or not on this file system: as docker, go on without it.
        base::log::warn("layer entry '{}': xattr {} is not kept: {}", base::printable(entry.path), base::printable(key),
                        *why_not);
        continue;
      }
      std::erase_if(kept, [&key = key](const auto& xattr) { return xattr.first == key; });
      add_xattr(key, value, node, kept);
    }
    keep_xattrs(node, std::move(kept));
  }

  // An ACL says also what the mode's bits are, and is no xattr where it says no more than them.
  static void add_xattr(const std::string& key, const std::string& value, FileNode& node, FileTree::Xattrs& kept) {
    if (key != kAccessAcl && key != kDefaultAcl) {
      kept.emplace_back(key, value);
      return;
    }
    std::optional<Acl> acl = parse_acl(value);
    if (!acl) return;
    if (key == kAccessAcl) {
      node.mode = static_cast<std::uint16_t>((node.mode & ~0777) | acl->mode);
      if (!acl->more) return;
    }
    kept.emplace_back(key, std::move(acl->value));
  }

  void keep_xattrs(FileNode& node, FileTree::Xattrs xattrs) {
    node.xattrs = xattrs.empty() ? 0 : tree_.add_xattrs(std::move(xattrs));
  }

  void count() {
    result_.entries = tree_.name_count();
    for (NodeId id = kRootNode; id < tree_.node_count(); ++id) {
      const FileNode& node = tree_[id];
      if (node.names == 0) continue;
      if (node.is_folder()) result_.disk_bytes += kBlockBytes;
      if (node.type == NodeType::kFile || node.is_symlink()) result_.size += node.size;
      if (node.type != NodeType::kFile) continue;
      const auto sparse = sparse_bytes_.find(id);
      result_.disk_bytes += sparse == sparse_bytes_.end() ? whole_blocks(node.size) : sparse->second;
    }
  }

  codec::TarReader& tar_;
  FileTree& tree_;
  TreeTarget& target_;
  TreePaths paths_;
  std::unordered_map<NodeId, std::uint64_t> sparse_bytes_;  // of blocks, by file
  Unpacked result_;
};

}  // namespace

Unpacked build_tree(codec::TarReader& tar, codec::FileTree& tree, TreeTarget& target) {
  return TreeBuilder(tar, tree, target).run();
}

}  // namespace davit::layer
