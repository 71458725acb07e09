#pragma once
// The bytes of a blob on their way up, in one piece or several, from a source that can only be read from its start.

#include <cstdint>
#include <functional>
#include <memory>

#include "base/io.h"
#include "remote/registry_client.h"

namespace davit::remote {

// Used by one thread. What it gives out refers to it.
class UploadBody {
 public:
  // All outlive it.
  UploadBody(const SourceFactory& open, const std::function<void(std::int64_t)>& sent) : open_(open), sent_(sent) {}

  // The bytes from an offset on, at most `length`. Goes on in the open source where that stands there, else opens it
  // anew and reads up to the offset; `sent` is told of the way back.
  std::unique_ptr<base::Source> from(std::uint64_t offset, std::uint64_t length);

 private:
  class Piece;
  void move_to(std::uint64_t offset);

  const SourceFactory& open_;
  const std::function<void(std::int64_t)>& sent_;
  std::unique_ptr<base::Source> source_;
  std::uint64_t position_ = 0;
};

}  // namespace davit::remote
