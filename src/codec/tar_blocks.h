#pragma once
// A source read as tar reads it: blocks of 512 bytes for headers, runs of bytes for data.

#include <array>

#include "base/pieces.h"

namespace davit::codec::tar {

inline constexpr std::size_t kBlockBytes = 512;

// Bytes that fill a run of `size` bytes up to a whole block.
inline constexpr std::uint64_t padding_of(std::uint64_t size) {
  return (kBlockBytes - size % kBlockBytes) % kBlockBytes;
}

// Looks at pieces, which outlive it, where they lie: what is skipped, and blocks that lie in one piece, are not copied.
class BlockReader {
 public:
  explicit BlockReader(base::PieceSource& pieces) : pieces_(pieces) {}

  // The next 512 bytes, valid until the next call of anything here. Nullptr when the source has ended: at_end() tells
  // whether it did so between two blocks or inside one.
  const char* next_block();
  bool at_end() const { return !cut_; }

  // 1 to `most` bytes as they lie in a piece, valid until the next call of anything here; none only at the end.
  base::ByteView view(std::uint64_t most);
  // False when the source ended before.
  bool skip(std::uint64_t count);
  // Reads the source to its end.
  void drain();

  std::uint64_t position() const { return position_; }  // bytes handed out or skipped

 private:
  bool refill();

  base::PieceSource& pieces_;
  base::ByteView rest_;                       // of the piece at hand
  std::array<std::byte, kBlockBytes> block_;  // one that lies in two pieces
  bool cut_ = false;
  std::uint64_t position_ = 0;
};

}  // namespace davit::codec::tar
