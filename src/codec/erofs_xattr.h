#pragma once
// Extended attributes as EROFS stores them. A part of the writer and of the checker.

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/erofs_format.h"
#include "codec/file_tree.h"

namespace davit::codec::erofs {

// Name and value, sorted by name.
using XattrViews = std::vector<std::pair<std::string_view, std::string_view>>;

// Those that a node's inode bears: what is kept of the tree's, and the mark of an opaque folder.
XattrViews kept_xattrs(const FileTree& tree, const FileNode& node);

// Of header and entries; 0 where there are none. A multiple of kXattrUnit.
std::uint64_t xattr_bytes(const XattrViews& xattrs);
// To so many bytes, which are zeros.
void store_xattrs(const XattrViews& xattrs, std::byte* at);

// The prefix that a name begins with; nullptr for a namespace that EROFS has no number for.
const XattrPrefix* xattr_prefix(std::string_view name);

}  // namespace davit::codec::erofs
