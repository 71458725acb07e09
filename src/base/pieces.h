#pragma once
// Bytes given out as views into the giver's own buffers: who only looks at them, or passes them on, copies nothing.

#include <cstddef>
#include <memory>

#include "base/io.h"

namespace davit::base {

inline constexpr std::size_t kPieceBytes = 256 * 1024;  // the usual size of a piece

// Bytes to be taken once, in order. Not safe for use by two threads at once. Errors are thrown.
class PieceSource {
 public:
  virtual ~PieceSource() = default;
  // The next bytes, of any number; none only at the end, which stays the end. Valid until the next call of next() or
  // the destruction. (base/read_ahead.h has one that reads in a thread of its own.)
  virtual ByteView next() = 0;
};

// A source's bytes, read by the caller's own thread into one buffer, one read() each. The source outlives it.
class ReadPieces final : public PieceSource {
 public:
  explicit ReadPieces(Source& source, std::size_t piece_bytes = kPieceBytes);
  ByteView next() override;

 private:
  Source& source_;
  std::size_t piece_bytes_;
  std::unique_ptr<std::byte[]> buffer_;
};

// Passes on pieces and shows each to a Sink first (a hash, a file). Both outlive it; the Sink's finish() is not called.
class TeePieces final : public PieceSource {
 public:
  TeePieces(PieceSource& pieces, Sink& sink) : pieces_(pieces), sink_(sink) {}
  ByteView next() override;

 private:
  PieceSource& pieces_;
  Sink& sink_;
};

}  // namespace davit::base
