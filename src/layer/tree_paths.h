#pragma once
// The folders of a tree that is being built, by the paths that an archive has for them. Part of tree_builder.h.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/file_tree.h"
#include "layer/tree_target.h"

namespace davit::layer {

// Keeps a tree and its target in step. Links among the parents are resolved here, name by name, as if the tree's root
// were /: a target is never given one to follow. Throws Error(kInvalidArgument) where a file stands in the way, where
// links turn in a circle (more than 40 in a path), for a path of more than 4095 bytes and a name of more than 255.
class TreePaths {
 public:
  TreePaths(codec::FileTree& tree, TreeTarget& target);

  // The folder that a clean path leads to. open() makes what is missing, find() returns kNoNode.
  codec::NodeId open(std::string_view path);
  codec::NodeId find(std::string_view path);

  Place place_of(codec::NodeId folder) const;
  Place make_folder(codec::NodeId parent, std::string_view name, const codec::FileNode& node);
  void mark_opaque(codec::NodeId folder);
  // Takes away what has the name, if anything.
  void clear(codec::NodeId folder, std::string_view name);

  std::vector<std::string> implied() const;  // without the root; sorted

 private:
  codec::NodeId look_up(std::string_view path, bool make);
  codec::NodeId step(codec::NodeId from, std::string_view name, bool make, int& links);
  codec::NodeId follow(codec::NodeId from, std::string_view target, bool make, int& links);
  codec::NodeId make_implied(codec::NodeId from, std::string_view name);

  codec::FileTree& tree_;
  TreeTarget& target_;
  std::vector<std::uint16_t> path_bytes_;  // by node: of a folder's path
  std::uint64_t implied_bytes_ = 0;
  // What open() was asked for last: mostly it is asked again.
  std::string last_path_;
  codec::NodeId last_ = codec::kNoNode;
};

}  // namespace davit::layer
