#pragma once
// Any bytes as a compressed stream: an error or data, and the same whether the input comes whole or in pieces, to one
// thread or more. For the harnesses of each compression.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/error.h"
#include "codec/compression.h"

namespace davit::fuzz {

inline constexpr std::size_t kMostData = 4 << 20;

class Drip final : public base::Source {
 public:
  Drip(base::ByteView bytes, std::size_t step) : rest_(bytes), step_(step) {}
  std::size_t read(base::ByteSpan buffer) override {
    const std::size_t count = std::min({buffer.size(), step_, rest_.size()});
    std::copy_n(rest_.data(), count, buffer.data());
    rest_ = rest_.subspan(count);
    return count;
  }

 private:
  base::ByteView rest_;
  std::size_t step_;
};

// Nothing when it is damaged.
inline std::optional<std::string> unpacked(base::ByteView bytes, std::size_t step, codec::Compression compression,
                                           unsigned threads = 1) {
  Drip source(bytes, step);
  try {
    const auto plain = codec::decompress(source, compression, {.threads = threads});
    return base::read_all(*plain, kMostData);
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

// Aborts where the pieces' size makes a difference.
inline void check_decompression(const std::uint8_t* data, std::size_t size, codec::Compression compression) {
  const base::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto whole = unpacked(bytes, SIZE_MAX, compression);
  if (size < 4096 && whole != unpacked(bytes, 1, compression)) std::abort();
  if (whole != unpacked(bytes, 1000, compression)) std::abort();
  if (whole != unpacked(bytes, SIZE_MAX, compression, 3)) std::abort();
}

}  // namespace davit::fuzz
