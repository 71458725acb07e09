#include "codec/tar_blocks.h"

#include <algorithm>
#include <cstring>

namespace davit::codec::tar {

namespace {
constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr std::size_t kDirectBytes = 64 * 1024;
}  // namespace

BlockReader::BlockReader(base::Source& source)
    : source_(source), buffer_(std::make_unique_for_overwrite<std::byte[]>(kBufferBytes)) {}

// Adds to what is buffered, which is less than a block. False at the end of the source.
bool BlockReader::refill() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t count = source_.read({buffer_.get() + end_, kBufferBytes - end_});
  end_ += count;
  return count > 0;
}

const char* BlockReader::next_block() {
  while (end_ - begin_ < kBlockBytes) {
    if (!refill()) return nullptr;
  }
  const char* const block = reinterpret_cast<const char*>(buffer_.get() + begin_);
  begin_ += kBlockBytes;
  position_ += kBlockBytes;
  return block;
}

std::size_t BlockReader::read(base::ByteSpan buffer) {
  if (buffer.empty()) return 0;
  std::size_t count = 0;
  if (begin_ == end_ && buffer.size() >= kDirectBytes) {
    count = source_.read(buffer);
  } else {
    if (begin_ == end_ && !refill()) return 0;
    count = std::min(buffer.size(), end_ - begin_);
    std::memcpy(buffer.data(), buffer_.get() + begin_, count);
    begin_ += count;
  }
  position_ += count;
  return count;
}

bool BlockReader::skip(std::uint64_t count) {
  while (count > 0) {
    if (begin_ == end_ && !refill()) return false;
    const std::size_t step = std::min<std::uint64_t>(count, end_ - begin_);
    begin_ += step;
    position_ += step;
    count -= step;
  }
  return true;
}

void BlockReader::drain() {
  do {
    position_ += end_ - begin_;
    begin_ = end_;
  } while (refill());
}

}  // namespace davit::codec::tar
