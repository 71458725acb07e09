#include "codec/tar_blocks.h"

#include <algorithm>

namespace davit::codec::tar {

// For when nothing is left of the piece at hand. False at the end of the source.
bool BlockReader::refill() {
  rest_ = pieces_.next();
  return !rest_.empty();
}

const char* BlockReader::next_block() {
  const std::byte* found = rest_.data();
  if (rest_.size() >= kBlockBytes) {
    rest_ = rest_.subspan(kBlockBytes);
  } else {
    std::size_t filled = 0;
    while (filled < kBlockBytes) {
      if (rest_.empty() && !refill()) {
        cut_ = filled > 0;
        return nullptr;
      }
      const std::size_t count = std::min(rest_.size(), kBlockBytes - filled);
      std::copy_n(rest_.data(), count, block_.data() + filled);
      rest_ = rest_.subspan(count);
      filled += count;
    }
    found = block_.data();
  }
  position_ += kBlockBytes;
  return reinterpret_cast<const char*>(found);
}

base::ByteView BlockReader::view(std::uint64_t most) {
  if (most == 0 || (rest_.empty() && !refill())) return {};
  const base::ByteView found = rest_.first(std::min<std::uint64_t>(rest_.size(), most));
  rest_ = rest_.subspan(found.size());
  position_ += found.size();
  return found;
}

bool BlockReader::skip(std::uint64_t count) {
  while (count > 0) {
    const std::size_t step = view(count).size();
    if (step == 0) return false;
    count -= step;
  }
  return true;
}

void BlockReader::drain() {
  do {
    position_ += rest_.size();
  } while (refill());
}

}  // namespace davit::codec::tar
