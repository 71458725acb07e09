#pragma once
// Streams of bytes. A blob is never held whole: it flows from a Source to a Sink in pieces.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace davit::base {

using ByteView = std::span<const std::byte>;
using ByteSpan = std::span<std::byte>;

inline ByteView as_byte_view(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Bytes to be read once, in order. Not safe for use by two threads at once. Errors are thrown.
class Source {
 public:
  virtual ~Source() = default;
  // Reads 1 to buffer.size() bytes and returns how many; 0 only at the end (or for an empty buffer).
  virtual std::size_t read(ByteSpan buffer) = 0;
};

// Takes bytes in order. Not safe for use by two threads at once. Errors are thrown. A Sink that has something to do at
// the end (flush, trailer) does it in finish(); a Sink destroyed without finish() has been abandoned.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(ByteView bytes) = 0;
  virtual void finish() {}
};

// Reads from memory that outlives it.
class MemorySource final : public Source {
 public:
  explicit MemorySource(ByteView bytes) : rest_(bytes) {}
  explicit MemorySource(std::string_view text) : rest_(as_byte_view(text)) {}
  std::size_t read(ByteSpan buffer) override;

 private:
  ByteView rest_;
};

// Collects into a string; throws Error(kInvalidArgument) past `limit` bytes.
class StringSink final : public Sink {
 public:
  explicit StringSink(std::size_t limit = SIZE_MAX) : limit_(limit) {}
  void write(ByteView bytes) override;
  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::size_t limit_;
  std::string text_;
};

class NullSink final : public Sink {
 public:
  void write(ByteView) override {}
};

// Calls a function with each piece.
class CallbackSink final : public Sink {
 public:
  explicit CallbackSink(std::function<void(ByteView)> call) : call_(std::move(call)) {}
  void write(ByteView bytes) override { call_(bytes); }

 private:
  std::function<void(ByteView)> call_;
};

// Writes each piece to both, first then second. Both outlive it; finish() is theirs, in that order.
class TeeSink final : public Sink {
 public:
  TeeSink(Sink& first, Sink& second) : first_(first), second_(second) {}
  void write(ByteView bytes) override;
  void finish() override;

 private:
  Sink& first_;
  Sink& second_;
};

// Passes on what it reads and shows each piece to a Sink (a hash). The Sink's finish() is not called.
class TeeSource final : public Source {
 public:
  TeeSource(Source& source, Sink& sink) : source_(source), sink_(sink) {}
  std::size_t read(ByteSpan buffer) override;

 private:
  Source& source_;
  Sink& sink_;
};

// The first of two sources to its end, then the second. Both outlive it.
class ConcatSource final : public Source {
 public:
  ConcatSource(Source& first, Source& second) : first_(first), second_(second) {}
  std::size_t read(ByteSpan buffer) override;

 private:
  Source& first_;
  Source& second_;
  bool first_done_ = false;
};

inline constexpr std::size_t kCopyBufferBytes = 256 * 1024;

// Copies all that is left of the source; returns the bytes copied. Does not call finish().
std::uint64_t copy(Source& source, Sink& sink);

// All that is left of the source; throws Error(kInvalidArgument, "… larger than N bytes") past the limit.
std::string read_all(Source& source, std::size_t limit);

// Reads until the buffer is full or the source ends; returns the bytes read.
std::size_t read_full(Source& source, ByteSpan buffer);

}  // namespace davit::base
