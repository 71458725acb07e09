#include <algorithm>
#include <cstring>

#include <libdeflate.h>

#include "base/error.h"
#include "codec/gzip.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;
using namespace gzip_format;

constexpr int kHighestLevel = 12;

struct FreeCompressor {
  void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
};

void put32(std::byte* to, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

class GzipSink final : public base::Sink {
 public:
  GzipSink(base::Sink& sink, int level) : sink_(sink), compressor_(libdeflate_alloc_compressor(level)) {
    if (!compressor_) throw std::bad_alloc();
    member_capacity_ =
        kMemberHeaderBytes + libdeflate_deflate_compress_bound(compressor_.get(), kGzipMemberBytes) + kTrailerBytes;
    member_ = std::make_unique_for_overwrite<std::byte[]>(member_capacity_);
  }

  void write(base::ByteView bytes) override {
    // A whole member's worth is compressed from where it lies.
    while (filled_ == 0 && bytes.size() >= kGzipMemberBytes) {
      write_member(bytes.first(kGzipMemberBytes));
      bytes = bytes.subspan(kGzipMemberBytes);
    }
    while (!bytes.empty()) {
      if (!pending_) pending_ = std::make_unique_for_overwrite<std::byte[]>(kGzipMemberBytes);
      const std::size_t count = std::min(bytes.size(), kGzipMemberBytes - filled_);
      std::memcpy(pending_.get() + filled_, bytes.data(), count);
      filled_ += count;
      bytes = bytes.subspan(count);
      if (filled_ == kGzipMemberBytes) flush();
    }
  }

  // An empty stream is one empty member.
  void finish() override {
    if (filled_ > 0 || !any_) flush();
  }

 private:
  void flush() {
    write_member({pending_.get(), filled_});
    filled_ = 0;
  }

  void write_member(base::ByteView data) {
    std::byte* const out = member_.get();
    const std::size_t deflated =
        libdeflate_deflate_compress(compressor_.get(), data.data(), data.size(), out + kMemberHeaderBytes,
                                    member_capacity_ - kMemberHeaderBytes - kTrailerBytes);
    if (deflated == 0) throw Error(Code::kInternal, "libdeflate found its own bound too small");
    const std::size_t size = kMemberHeaderBytes + deflated + kTrailerBytes;
    const unsigned char head[16] = {kMagic1, kMagic2,        kDeflate, kFlagExtra, 0,          0,          0, 0,
                                    0,       kUnknownSystem, 8,        0,          kSubfield1, kSubfield2, 4, 0};
    std::memcpy(out, head, sizeof head);
    put32(out + sizeof head, static_cast<std::uint32_t>(size));
    put32(out + size - 8, libdeflate_crc32(0, data.data(), data.size()));
    put32(out + size - 4, static_cast<std::uint32_t>(data.size()));
    sink_.write({out, size});
    any_ = true;
  }

  base::Sink& sink_;
  std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor_;
  std::unique_ptr<std::byte[]> pending_;  // data of the member being filled
  std::size_t filled_ = 0;
  std::unique_ptr<std::byte[]> member_;
  std::size_t member_capacity_ = 0;
  bool any_ = false;  // a member has been written
};

}  // namespace

std::unique_ptr<base::Sink> gzip(base::Sink& sink, int level) {
  if (level < 0 || level > kHighestLevel)
    throw Error::format(Code::kInvalidArgument, "gzip level {} is not between 1 and {}", level, kHighestLevel);
  return std::make_unique<GzipSink>(sink, level == 0 ? kDefaultGzipLevel : level);
}

}  // namespace davit::codec
