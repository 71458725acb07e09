#pragma once
// ADD of a local archive: its entries go behind what else the step adds, moved below a folder.

#include <memory>
#include <string>

#include "base/fs/tree.h"
#include "base/io.h"
#include "build/tree_copy.h"
#include "codec/tar.h"

namespace davit::build {

// Whether the file is a tar, plain or compressed by gzip, zstd or xz.
bool is_archive(const base::fs::Directory& tree, const std::string& path);

// Writes the entries of the archive at `path` of the tree below `target` (resolved). Folders that it implies are those
// of the tree below, links in their paths resolved there. Throws Error(kCorrupt) naming the entry for a damaged one,
// Error(kInvalidArgument) for one that would reach outside.
void write_archive(const TreeCopy& copy, const base::fs::Directory& tree, const std::string& path,
                   const std::string& target, const CopyOptions& options, codec::TarWriter& writer);

}  // namespace davit::build
