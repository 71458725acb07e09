#include "codec/compression.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "codec/gzip.h"
#include "codec/xz.h"
#include "codec/zstd.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;

constexpr std::size_t kSniffBytes = 6;

// Passes on what it reads.
class PlainSource final : public base::Source {
 public:
  explicit PlainSource(base::Source& source) : source_(source) {}
  std::size_t read(base::ByteSpan buffer) override { return source_.read(buffer); }

 private:
  base::Source& source_;
};

class PlainSink final : public base::Sink {
 public:
  explicit PlainSink(base::Sink& sink) : sink_(sink) {}
  void write(base::ByteView bytes) override { sink_.write(bytes); }

 private:
  base::Sink& sink_;
};

// Reads the first bytes of a source, then gives all of them decompressed.
class DetectedSource final : public base::Source {
 public:
  DetectedSource(base::Source& source, const DecompressOptions& options)
      : first_size_(base::read_full(source, first_)),
        compression_(detect_compression(first())),
        first_source_(first()),
        whole_(first_source_, source),
        decompressed_(decompress(whole_, compression_, options)) {}
  DetectedSource(const DetectedSource&) = delete;
  DetectedSource& operator=(const DetectedSource&) = delete;

  Compression compression() const { return compression_; }
  std::size_t read(base::ByteSpan buffer) override { return decompressed_->read(buffer); }

 private:
  base::ByteView first() const { return base::ByteView(first_).first(first_size_); }

  std::array<std::byte, kSniffBytes> first_{};
  std::size_t first_size_;
  Compression compression_;
  base::MemorySource first_source_;
  base::ConcatSource whole_;
  std::unique_ptr<base::Source> decompressed_;
};

}  // namespace

Compression detect_compression(base::ByteView first_bytes) {
  using namespace std::string_view_literals;
  const std::string_view text = base::as_text(first_bytes);
  if (text.starts_with("\x1f\x8b"sv)) return Compression::kGzip;
  if (text.starts_with("\x28\xb5\x2f\xfd"sv)) return Compression::kZstd;
  // A skippable frame: 0x184D2A50 to 0x184D2A5F, little-endian.
  if (text.size() >= 4 && (text[0] & '\xf0') == '\x50' && text.substr(1, 3) == "\x2a\x4d\x18"sv)
    return Compression::kZstd;
  if (text.starts_with("\xfd\x37zXZ\0"sv)) return Compression::kXz;
  // "BZh", a level, then the digits of pi: a name in a tar archive could begin with the first four alone.
  if (text.starts_with("BZh"sv) && text.size() >= kSniffBytes && text[3] >= '1' && text[3] <= '9' &&
      text.substr(4, 2) == "1A"sv)
    throw Error(Code::kNotSupported, "bzip2 compression is not supported: use gzip, zstd, xz or none");
  return Compression::kNone;
}

std::unique_ptr<base::Source> decompress(base::Source& source, Compression compression,
                                         const DecompressOptions& options) {
  switch (compression) {
    case Compression::kNone:
      return std::make_unique<PlainSource>(source);
    case Compression::kGzip:
      return gunzip(source, options.threads == 0 ? decompression_threads() : options.threads, options.members);
    case Compression::kZstd:
      return unzstd(source);
    case Compression::kXz:
      return unxz(source);
  }
  throw Error(Code::kInternal, "unknown compression");
}

std::unique_ptr<base::Source> decompress_detected(base::Source& source, Compression* found,
                                                  const DecompressOptions& options) {
  auto result = std::make_unique<DetectedSource>(source, options);
  if (found != nullptr) *found = result->compression();
  return result;
}

std::unique_ptr<base::Sink> compress(base::Sink& sink, Compression compression, int level, unsigned threads) {
  switch (compression) {
    case Compression::kNone:
      return std::make_unique<PlainSink>(sink);
    case Compression::kGzip:
      return gzip(sink, level, threads);
    case Compression::kZstd:
      return zstd(sink, level);
    case Compression::kXz:
      throw Error(Code::kNotSupported, "davit reads xz but does not write it");
  }
  throw Error(Code::kInternal, "unknown compression");
}

unsigned decompression_threads() { return std::clamp(std::thread::hardware_concurrency(), 1U, 2U); }
unsigned compression_threads() { return std::clamp(std::thread::hardware_concurrency(), 1U, 4U); }

}  // namespace davit::codec
