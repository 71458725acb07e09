#pragma once
// The one engine behind all layer drivers: reads a layer's archive and builds its tree by the rules of unpack.h, in
// memory and in a target (folders, or what an image needs) at the same time. docs/adr/0058.

#include "codec/file_tree.h"
#include "codec/tar.h"
#include "layer/tree_target.h"
#include "layer/unpack.h"

namespace davit::layer {

// The tree is a new one, and the target's.
Unpacked build_tree(codec::TarReader& tar, codec::FileTree& tree, TreeTarget& target);

}  // namespace davit::layer
