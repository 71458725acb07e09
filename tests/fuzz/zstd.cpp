// Any bytes as zstd: an error or data, the same whether the input comes whole or in pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/error.h"
#include "codec/compression.h"

using namespace davit;

namespace {

constexpr std::size_t kMostData = 4 << 20;

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
std::optional<std::string> unpacked(base::ByteView bytes, std::size_t step) {
  Drip source(bytes, step);
  try {
    const auto plain = codec::decompress(source, codec::Compression::kZstd);
    return base::read_all(*plain, kMostData);
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto whole = unpacked(bytes, SIZE_MAX);
  if (size < 4096 && whole != unpacked(bytes, 1)) std::abort();
  if (whole != unpacked(bytes, 1000)) std::abort();
  return 0;
}
