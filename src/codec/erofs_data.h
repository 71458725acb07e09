#pragma once
// A part of the EROFS writer: the data of files, as chunks on the extra devices or inside the image.

#include <cstdint>
#include <span>

#include "codec/erofs.h"
#include "codec/erofs_output.h"

namespace davit::codec::erofs {

class FileData {
 public:
  FileData(const FileTree& tree, const ErofsOptions& options) : tree_(tree), options_(options) {}

  bool inside() const { return options_.block_bits != kErofsBlockBits; }
  // Of extra devices.
  std::size_t devices() const { return inside() ? 0 : options_.beside_bytes > 0 ? 2 : 1; }

  struct Chunks {
    unsigned bits;  // a chunk's size above that of a block
    std::uint64_t count;
  };
  // Of a file that is not empty. Chunks are what a piece of a sparse file is; where one is the whole file, of the least
  // size that is enough.
  Chunks chunks_of(const FileNode& file) const;
  // Its indexes; `inside_block` is where its data begins in an image that holds it.
  void store_indexes(const FileNode& file, std::uint64_t inside_block, std::byte* at) const;
  // The number of the block at an offset.
  std::uint32_t block_at(std::uint64_t offset) const;

  // Of the image, that hold its data; holes have none.
  std::uint64_t inside_blocks(const FileNode& file) const;
  void write(const FileNode& file, Output& out) const;

 private:
  std::uint64_t block() const { return std::uint64_t{1} << options_.block_bits; }
  std::span<const std::uint64_t> pieces_of(const FileNode& file, std::uint64_t chunk, unsigned size_bits) const;
  bool is_hole(const FileNode& file, std::uint64_t chunk, unsigned size_bits) const;
  std::uint64_t blocks_of(const FileNode& file, std::uint64_t chunk, unsigned size_bits) const;
  void copy(DataPlace place, std::uint64_t offset, std::uint64_t bytes, Output& out) const;

  const FileTree& tree_;
  const ErofsOptions& options_;
};

}  // namespace davit::codec::erofs
