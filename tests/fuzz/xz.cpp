#include "tests/fuzz/decompression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  davit::fuzz::check_decompression(data, size, davit::codec::Compression::kXz);
  return 0;
}
