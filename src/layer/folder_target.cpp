#include "layer/folder_target.h"

#include <charconv>
#include <vector>

#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "layer/entry_data.h"
#include "layer/entry_xattrs.h"
#include "layer/overlay_form.h"

namespace davit::layer {

using base::Code;
using base::Error;
using base::fs::Directory;
using base::fs::File;
using codec::FileNode;
using codec::kNoNode;
using codec::kRootNode;
using codec::NodeId;
using codec::NodeType;

namespace {

constexpr mode_t kSetIdBits = S_ISUID | S_ISGID;
constexpr std::uint64_t kSmallFile = 64 * 1024;

// Asked of /proc, as umask(2) can only be read by changing it, for all threads.
mode_t process_umask() {
  const std::string status = base::fs::read_file("/proc/self/status");
  constexpr std::string_view kKey = "\nUmask:\t";
  const std::size_t at = status.find(kKey);
  unsigned mask = 0777;  // not told: set each mode explicitly
  if (at != std::string::npos) {
    const char* begin = status.data() + at + kKey.size();
    std::from_chars(begin, status.data() + status.size(), mask, 8);
  }
  return mask;
}

bool is_left_out(const Error& e) { return e.code() == Code::kNotSupported || e.code() == Code::kPermissionDenied; }

}  // namespace

FolderTarget::FolderTarget(codec::FileTree& tree, const Directory& parent, std::string name)
    : tree_(tree), parent_(parent), name_(std::move(name)), umask_(process_umask()), ours_{geteuid(), getegid()} {
  parent_.make_directory(name_, kImpliedMode);
  if (umask_ & kImpliedMode) parent_.set_mode(name_, kImpliedMode);
}

FolderTarget::Spot FolderTarget::spot(const Place& at) {
  if (at.folder == kNoNode) return {.parent = &parent_, .name = name_, .keep_open = nullptr};
  DirectoryPtr folder = open(at.folder);
  const Directory* directory = folder.get();
  return {.parent = directory, .name = std::string(at.name), .keep_open = std::move(folder)};
}

const FolderTarget::DirectoryPtr& FolderTarget::open(NodeId folder) {
  if (!recent_.empty() && recent_.front().first == folder) return recent_.front().second;
  // The nearest that is open, and down from there.
  std::vector<NodeId> closed;
  auto found = open_.find(folder);
  for (NodeId at = folder; found == open_.end(); found = open_.find(at)) {
    closed.push_back(at);
    if (at == kRootNode) break;
    at = tree_.parent(at);
  }
  if (found != open_.end()) recent_.splice(recent_.begin(), recent_, found->second);
  for (; !closed.empty(); closed.pop_back()) {
    const NodeId next = closed.back();
    const Directory& parent = next == kRootNode ? parent_ : *recent_.front().second;
    const std::string name = next == kRootNode ? name_ : std::string(tree_.name(next));
    auto directory = parent.child(name);
    if (!directory) throw Error::format(Code::kIo, "the folder {} has gone while it was unpacked", name);
    keep_open(next, std::move(*directory));
  }
  return recent_.front().second;
}

void FolderTarget::keep_open(NodeId folder, Directory directory) {
  recent_.emplace_front(folder, std::make_shared<const Directory>(std::move(directory)));
  open_[folder] = recent_.begin();
  if (recent_.size() > kOpenFolders) {
    open_.erase(recent_.back().first);
    recent_.pop_back();
  }
}

// A new file is owned by us, or by its folder's group where a setgid bit or the mount asks for that.
bool FolderTarget::needs_owner(const Place& at) const {
  const FileNode& node = tree_[at.node];
  return node.uid != ours_.uid || node.gid != ours_.gid || tree_[at.folder].gid != ours_.gid;
}

bool FolderTarget::inherits_setgid(const Place& at) const { return (tree_[at.folder].mode & S_ISGID) != 0; }

void FolderTarget::make_folder(const Place& at) {
  const FileNode& node = tree_[at.node];
  const Spot where = spot(at);
  where->make_directory(where.name, node.mode & ~kSetIdBits);
  if (needs_owner(at)) where->set_owner(where.name, {node.uid, node.gid});
  if ((node.mode & kSetIdBits) || (node.mode & umask_) || inherits_setgid(at)) where->set_mode(where.name, node.mode);
}

void FolderTarget::make_file(const Place& at, const codec::TarEntry& entry, codec::TarReader& tar) {
  const FileNode& node = tree_[at.node];
  const Spot where = spot(at);
  // Without its set-ID bits until it has its owner: chown would clear them, and until then they are somebody else's.
  const mode_t first_mode = node.mode & ~kSetIdBits;
  File file = where->create_file(where.name, first_mode);
  write_data(entry, tar, file);
  if (needs_owner(at)) base::fs::set_owner(file, {node.uid, node.gid});
  if (node.mode != first_mode || (first_mode & umask_)) file.set_mode(node.mode);
  base::fs::set_mtime(file, node.mtime());
}

void FolderTarget::write_data(const codec::TarEntry& entry, codec::TarReader& tar, File& file) {
  if (!entry.sparse) {
    // A small file that lies across two of the reader's pieces is put together: a call costs more than a copy.
    if (entry.size <= kSmallFile) {
      base::ByteView whole = tar.data_piece(entry.size);
      if (whole.size() < entry.size) whole = put_together(entry, whole, tar);
      if (!whole.empty()) file.write(whole);
    } else {
      pass_entry_data(entry, tar, entry.size, [&](base::ByteView bytes, std::uint64_t) { file.write(bytes); });
    }
    return;
  }
  for (const codec::SparseExtent& extent : *entry.sparse) {
    pass_entry_data(entry, tar, extent.size,
                    [&](base::ByteView bytes, std::uint64_t at) { file.write_at(bytes, extent.offset + at); });
  }
  file.truncate(entry.size);
}

base::ByteView FolderTarget::put_together(const codec::TarEntry& entry, base::ByteView first, codec::TarReader& tar) {
  small_.assign(first.begin(), first.end());
  pass_entry_data(entry, tar, entry.size - first.size(), [&](base::ByteView bytes, std::uint64_t) {
    small_.insert(small_.end(), bytes.begin(), bytes.end());
  });
  return small_;
}

void FolderTarget::make_other(const Place& at) {
  const FileNode& node = tree_[at.node];
  const Spot where = spot(at);
  if (node.is_whiteout()) return where->make_node(where.name, S_IFCHR, makedev(0, 0));
  if (node.is_symlink()) {
    where->symbolic_link(std::string(tree_.target(at.node)), where.name);
    if (needs_owner(at)) where->set_owner(where.name, {node.uid, node.gid});
  } else {
    const mode_t type = node.type == NodeType::kFifo              ? S_IFIFO
                        : node.type == NodeType::kCharacterDevice ? S_IFCHR
                                                                  : S_IFBLK;
    const dev_t device = node.type == NodeType::kFifo ? 0 : makedev(node.device_major, node.device_minor);
    where->make_node(where.name, type | (node.mode & ~kSetIdBits), device);
    if (needs_owner(at)) where->set_owner(where.name, {node.uid, node.gid});
    if ((node.mode & kSetIdBits) || (node.mode & umask_)) where->set_mode(where.name, node.mode);
  }
  where->set_mtime(where.name, node.mtime());
}

void FolderTarget::make_link(const Place& at, const Place& from) {
  const Spot source = spot(from), where = spot(at);
  where->hard_link(*source.parent, source.name, where.name);
}

void FolderTarget::remove(const Place& at) {
  const Spot where = spot(at);
  where->remove(where.name);
}

void FolderTarget::change_folder(const Place& at) {
  const FileNode& node = tree_[at.node];
  const Spot where = spot(at);
  where->set_owner(where.name, {node.uid, node.gid});
  where->set_mode(where.name, node.mode);
}

void FolderTarget::mark_opaque(const Place& at) {
  const Spot where = spot(at);
  where->set_xattr(where.name, std::string(kOpaqueXattr), "y");
}

std::optional<std::string> FolderTarget::set_xattr(const Place& at, const std::string& key, const std::string& value) {
  if (key == kDefaultAcl) return std::nullopt;  // in the end: what is made in the folder would inherit it
  try {
    const Spot where = spot(at);
    where->set_xattr(where.name, key, value);
  } catch (const Error& e) {
    if (!is_left_out(e)) throw;
    return e.message();
  }
  return std::nullopt;
}

void FolderTarget::finish() {
  for (NodeId id = kRootNode; id < tree_.node_count(); ++id) {
    if (!tree_[id].is_folder() || tree_[id].names == 0) continue;
    const Place at = id == kRootNode ? Place() : Place{.folder = tree_.parent(id), .name = tree_.name(id), .node = id};
    const Spot where = spot(at);
    if (tree_[id].xattrs != 0) set_late_xattrs(at, where);
    where->set_mtime(where.name, tree_[id].mtime());
  }
}

void FolderTarget::set_late_xattrs(const Place& at, const Spot& where) {
  for (const auto& [key, value] : tree_.xattrs(tree_[at.node])) {
    if (key != kDefaultAcl) continue;
    try {
      where->set_xattr(where.name, key, value);
    } catch (const Error& e) {
      if (!is_left_out(e)) throw;
      base::log::warn("layer entry '{}': xattr {} is not kept: {}", base::printable(tree_.path(at.node)), key,
                      e.message());
      codec::FileTree::Xattrs kept = tree_.xattrs(tree_[at.node]);
      std::erase_if(kept, [](const auto& xattr) { return xattr.first == kDefaultAcl; });
      tree_[at.node].xattrs = kept.empty() ? 0 : tree_.add_xattrs(std::move(kept));
      return;
    }
  }
}

}  // namespace davit::layer
