#include "layer/tree_paths.h"

#include <algorithm>
#include <climits>

#include "base/error.h"
#include "base/strings.h"
#include "layer/archive_name.h"
#include "layer/overlay_form.h"

namespace davit::layer {

using base::Code;
using base::Error;
using codec::FileNode;
using codec::kNoNode;
using codec::kRootNode;
using codec::NodeId;

namespace {

constexpr int kMostLinks = 40;  // as the kernel's MAXSYMLINKS
// Of the paths of folders that are implied: an archive of a few bytes for each of its entries could imply 2,000 of
// them.
constexpr std::uint64_t kMostImpliedBytes = std::uint64_t{64} << 20;

FileNode folder_node() { return {.type = codec::NodeType::kFolder, .mode = kImpliedMode}; }

// Takes the first name off a path; names of no bytes and "." are passed over. Empty at the end.
std::string_view take_name(std::string_view& path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (!name.empty() && name != ".") return name;
  }
  return {};
}

}  // namespace

TreePaths::TreePaths(codec::FileTree& tree, TreeTarget& target) : tree_(tree), target_(target), path_bytes_(1) {}

NodeId TreePaths::open(std::string_view path) {
  if (last_ == kNoNode || path != last_path_) {
    last_ = look_up(path, true);
    last_path_.assign(path);
  }
  return last_;
}

NodeId TreePaths::find(std::string_view path) { return look_up(path, false); }

NodeId TreePaths::look_up(std::string_view path, bool make) {
  NodeId at = kRootNode;
  int links = 0;
  for (std::string_view name = take_name(path); !name.empty() && at != kNoNode; name = take_name(path)) {
    at = step(at, name, make, links);
  }
  return at;
}

NodeId TreePaths::step(NodeId from, std::string_view name, bool make, int& links) {
  const auto path = [&] { return base::printable(join_path(tree_.path(from), name)); };
  const std::size_t path_bytes = path_bytes_[from] + (from == kRootNode ? 0 : 1) + name.size();
  if (path_bytes >= PATH_MAX) {
    throw Error::format(Code::kInvalidArgument, "layer entry '{}': its path is longer than 4095 bytes", path());
  }
  if (name.size() > NAME_MAX) {
    throw Error::format(Code::kInvalidArgument, "layer entry '{}' has a name longer than 255 bytes", path());
  }
  const NodeId found = tree_.find(from, name);
  if (found == kNoNode) return make ? make_implied(from, name) : kNoNode;
  const FileNode& node = tree_[found];
  if (node.is_folder()) return found;
  if (node.is_symlink()) {
    if (++links <= kMostLinks) return follow(from, tree_.target(found), make, links);
    if (!make) return kNoNode;
    throw Error::format(Code::kInvalidArgument, "layer entry '{}': too many levels of links", path());
  }
  if (!make) return kNoNode;
  if (!node.is_whiteout()) {
    throw Error::format(Code::kInvalidArgument, "layer entry '{}' is not a folder, but another entry lies in it",
                        path());
  }
  // The whiteout of a name under which the same layer has a folder: that folder, without what lower layers have.
  clear(from, name);
  const NodeId folder = make_folder(from, name, folder_node()).node;
  mark_opaque(folder);
  return folder;
}

NodeId TreePaths::follow(NodeId from, std::string_view target, bool make, int& links) {
  NodeId at = target.starts_with('/') ? kRootNode : from;
  for (std::string_view name = take_name(target); !name.empty() && at != kNoNode; name = take_name(target)) {
    at = name == ".." ? tree_.parent(at) : step(at, name, make, links);
  }
  return at;
}

NodeId TreePaths::make_implied(NodeId from, std::string_view name) {
  FileNode node = folder_node();
  node.implied = true;
  const NodeId folder = make_folder(from, name, node).node;
  implied_bytes_ += path_bytes_[folder];
  if (implied_bytes_ > kMostImpliedBytes) {
    throw Error::format(Code::kInvalidArgument, "layer entry '{}': too many folders that the archive does not list",
                        base::printable(tree_.path(folder)));
  }
  return folder;
}

Place TreePaths::place_of(NodeId folder) const {
  if (folder == kRootNode) return {};
  return {.folder = tree_.parent(folder), .name = tree_.name(folder), .node = folder};
}

Place TreePaths::make_folder(NodeId parent, std::string_view name, const FileNode& node) {
  const Place at = {.folder = parent, .name = name, .node = tree_.add(parent, name, node)};
  path_bytes_.resize(at.node + std::size_t{1});
  path_bytes_[at.node] = static_cast<std::uint16_t>(path_bytes_[parent] + (parent == kRootNode ? 0 : 1) + name.size());
  target_.make_folder(at);
  return at;
}

void TreePaths::mark_opaque(NodeId folder) {
  FileNode& node = tree_[folder];
  if (node.opaque) return;
  node.opaque = true;
  target_.mark_opaque(place_of(folder));
}

void TreePaths::clear(NodeId folder, std::string_view name) {
  const NodeId old = tree_.find(folder, name);
  if (old == kNoNode) return;
  if (tree_[old].is_folder() || tree_[old].is_symlink()) last_ = kNoNode;  // its path may have led by this one
  tree_.remove(folder, name);
  target_.remove({.folder = folder, .name = name, .node = old});
}

std::vector<std::string> TreePaths::implied() const {
  std::vector<std::string> paths;
  for (NodeId id = kRootNode + 1; id < tree_.node_count(); ++id) {
    if (tree_[id].implied && tree_[id].names > 0) paths.push_back(tree_.path(id));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace davit::layer
