#pragma once
// Where a layer's tree takes shape while its archive is read: tree_builder.h decides what is made, a target makes it.

#include <optional>
#include <string>
#include <string_view>

#include "codec/file_tree.h"
#include "codec/tar.h"

namespace davit::layer {

// A name in a folder of the tree, and the node it has there. The root is a name in no folder.
struct Place {
  codec::NodeId folder = codec::kNoNode;
  std::string_view name = {};
  codec::NodeId node = codec::kRootNode;
};

// The tree is ahead of its target: a node is there, with its attributes, when the target is called for it, and gone
// when it is to be removed. A name that is made is free, and its folder is there. Any Error ends the unpacking.
class TreeTarget {
 public:
  virtual ~TreeTarget() = default;

  virtual void make_folder(const Place& at) = 0;
  // A file with its data, which `tar` is at. It may set what the node says of where its data lies.
  virtual void make_file(const Place& at, const codec::TarEntry& entry, codec::TarReader& tar) = 0;
  virtual void make_other(const Place& at) = 0;  // a symlink, device, FIFO or whiteout
  // One more name for what is at `from`.
  virtual void make_link(const Place& at, const Place& from) = 0;
  virtual void remove(const Place& at) = 0;         // with all in it
  virtual void change_folder(const Place& at) = 0;  // its mode and owner
  virtual void mark_opaque(const Place& at) = 0;
  // Only what Linux takes (entry_xattrs.h). Returns why it cannot be kept, if so.
  virtual std::optional<std::string> set_xattr(const Place& at, const std::string& key, const std::string& value) = 0;
  // After the last entry. May take xattrs from nodes that turn out not to be kept.
  virtual void finish() = 0;
};

}  // namespace davit::layer
