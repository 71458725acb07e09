#pragma once
// A source read ahead by a thread of its own.

#include <memory>

#include "base/pieces.h"

namespace davit::base {

struct ReadAheadOptions {
  std::size_t piece_bytes = kPieceBytes;
  std::size_t pieces = 4;  // buffers, the one given out included; made when they are first needed
};

// Reads a source, which outlives it, into a ring of buffers, each filled unless the source ends, and gives them out
// without a copy. What the source throws comes out of next() once the bytes before it have, and again from then on.
// Where the system gives no further thread, next() reads by itself.
//
// The thread is cancelled (cancellation.h) with the one that made this, and by the destruction, which breaks off and
// waits for the read() under way, no longer: a read from a base::Pipe ends then. So a source must not wait for what the
// destroying thread would do later, unless it looks at the cancellation. The pipe, and all between it and this, are
// destroyed after this.
class ReadAhead final : public PieceSource {
 public:
  explicit ReadAhead(Source& source, const ReadAheadOptions& options = {});
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  ByteView next() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::base
