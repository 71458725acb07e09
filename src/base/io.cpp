#include "base/io.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace davit::base {

std::size_t MemorySource::read(ByteSpan buffer) {
  const std::size_t count = std::min(buffer.size(), rest_.size());
  if (count > 0) std::memcpy(buffer.data(), rest_.data(), count);
  rest_ = rest_.subspan(count);
  return count;
}

void StringSink::write(ByteView bytes) {
  if (bytes.size() > limit_ - text_.size()) {
    throw Error::format(Code::kInvalidArgument, "larger than {} bytes", limit_);
  }
  text_.append(as_text(bytes));
}

void TeeSink::write(ByteView bytes) {
  first_.write(bytes);
  second_.write(bytes);
}

void TeeSink::finish() {
  first_.finish();
  second_.finish();
}

std::size_t TeeSource::read(ByteSpan buffer) {
  const std::size_t count = source_.read(buffer);
  if (count > 0) sink_.write(buffer.first(count));
  return count;
}

std::size_t ConcatSource::read(ByteSpan buffer) {
  if (!first_done_) {
    const std::size_t count = first_.read(buffer);
    if (count > 0 || buffer.empty()) return count;
    first_done_ = true;
  }
  return second_.read(buffer);
}

std::uint64_t copy(Source& source, Sink& sink) {
  std::vector<std::byte> buffer(kCopyBufferBytes);
  std::uint64_t total = 0;
  while (const std::size_t count = source.read(buffer)) {
    sink.write(ByteView(buffer).first(count));
    total += count;
  }
  return total;
}

std::string read_all(Source& source, std::size_t limit) {
  StringSink sink(limit);
  copy(source, sink);
  return sink.take();
}

std::size_t read_full(Source& source, ByteSpan buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const std::size_t count = source.read(buffer.subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

}  // namespace davit::base
