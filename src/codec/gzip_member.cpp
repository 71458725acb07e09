#include "codec/gzip_member.h"

#include <cstdint>
#include <cstring>

#include <libdeflate.h>

#include "base/error.h"
#include "codec/gzip.h"

namespace davit::codec {

using namespace gzip_format;

namespace {

void put32(std::byte* to, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

}  // namespace

void GzipMemberMaker::Free::operator()(libdeflate_compressor* compressor) const {
  libdeflate_free_compressor(compressor);
}

GzipMemberMaker::GzipMemberMaker(int level) : compressor_(libdeflate_alloc_compressor(level)) {
  if (!compressor_) throw std::bad_alloc();
  capacity_ =
      kMemberHeaderBytes + libdeflate_deflate_compress_bound(compressor_.get(), kGzipMemberBytes) + kTrailerBytes;
  member_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
}

base::ByteView GzipMemberMaker::make(base::ByteView data) {
  std::byte* const out = member_.get();
  const std::size_t deflated =
      libdeflate_deflate_compress(compressor_.get(), data.data(), data.size(), out + kMemberHeaderBytes,
                                  capacity_ - kMemberHeaderBytes - kTrailerBytes);
  if (deflated == 0) throw base::Error(base::Code::kInternal, "libdeflate found its own bound too small");
  const std::size_t size = kMemberHeaderBytes + deflated + kTrailerBytes;
  const unsigned char head[16] = {kMagic1, kMagic2,        kDeflate, kFlagExtra, 0,          0,          0, 0,
                                  0,       kUnknownSystem, 8,        0,          kSubfield1, kSubfield2, 4, 0};
  std::memcpy(out, head, sizeof head);
  put32(out + sizeof head, static_cast<std::uint32_t>(size));
  put32(out + size - 8, libdeflate_crc32(0, data.data(), data.size()));
  put32(out + size - 4, static_cast<std::uint32_t>(data.size()));
  return {out, size};
}

}  // namespace davit::codec
