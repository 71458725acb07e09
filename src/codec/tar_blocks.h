#pragma once
// A source read as tar reads it: blocks of 512 bytes for headers, runs of bytes for data.

#include <memory>

#include "base/io.h"

namespace davit::codec::tar {

inline constexpr std::size_t kBlockBytes = 512;

// Bytes that fill a run of `size` bytes up to a whole block.
inline constexpr std::uint64_t padding_of(std::uint64_t size) {
  return (kBlockBytes - size % kBlockBytes) % kBlockBytes;
}

// Reads its source, which outlives it, in large pieces.
class BlockReader {
 public:
  explicit BlockReader(base::Source& source);

  // The next 512 bytes, valid until the next call of anything here. Nullptr when the source has ended: at_end() tells
  // whether it did so between two blocks or inside one.
  const char* next_block();
  bool at_end() const { return begin_ == end_; }

  // 1 to buffer.size() bytes; 0 only at the end. Copies once from the block buffer, or not at all when that is empty
  // and the caller's is large.
  std::size_t read(base::ByteSpan buffer);
  // False when the source ended before.
  bool skip(std::uint64_t count);
  // Reads the source to its end.
  void drain();

  std::uint64_t position() const { return position_; }  // bytes handed out or skipped

 private:
  bool refill();

  base::Source& source_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace davit::codec::tar
