#pragma once
// Sparse files: GNU tar manual, "Storing Sparse Files". Old GNU headers ('S') and the pax formats 0.0, 0.1 and 1.0.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "codec/tar.h"
#include "codec/tar_header.h"
#include "codec/tar_pax.h"

namespace davit::codec::tar {

struct SparseFile {
  std::uint64_t real_size = 0;
  std::vector<SparseExtent> extents;
  std::uint64_t map_bytes = 0;  // of the entry's stored data, before the extents' (format 1.0)
};

// Gives the next 512 bytes of the archive, valid until the next call; throws when there are none.
using NextBlock = std::function<const char*()>;

// All throw Malformed: kNotSupported for a format of the future.
// Of an entry of type 'S': `header` is read before the blocks that follow it.
SparseFile read_old_sparse(const Header& header, const NextBlock& next_block, std::size_t most_extents);
// Of an entry whose extended header has GNU.sparse keys; nothing when it has none.
std::optional<SparseFile> read_pax_sparse(const PaxRecords& records, const NextBlock& next_block,
                                          std::size_t most_extents);

// Extents in order, apart, inside the file, and together `stored` bytes; those without bytes are dropped.
void check_sparse(SparseFile& file, std::uint64_t stored);

// The map of format 1.0, padded to whole blocks.
std::string sparse_map_text(const std::vector<SparseExtent>& extents, std::uint64_t real_size);

}  // namespace davit::codec::tar
