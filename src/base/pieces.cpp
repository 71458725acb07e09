#include "base/pieces.h"

#include <algorithm>

namespace davit::base {

ReadPieces::ReadPieces(Source& source, std::size_t piece_bytes)
    : source_(source),
      piece_bytes_(std::max<std::size_t>(piece_bytes, 1)),
      buffer_(std::make_unique_for_overwrite<std::byte[]>(piece_bytes_)) {}

ByteView ReadPieces::next() { return {buffer_.get(), source_.read({buffer_.get(), piece_bytes_})}; }

ByteView TeePieces::next() {
  const ByteView piece = pieces_.next();
  if (!piece.empty()) sink_.write(piece);
  return piece;
}

}  // namespace davit::base
