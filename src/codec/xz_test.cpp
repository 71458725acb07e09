#include "codec/xz.h"

#include <gtest/gtest.h>

#include "base/process.h"
#include "codec/compression.h"
#include "codec/test_support.h"

namespace davit::codec {

using base::Code;
using testing::error_of;
using testing::read_whole;
using namespace std::string_literals;

namespace {

std::string xzed(const std::string& text, std::vector<std::string> options = {}) {
  std::vector<std::string> argv = {"xz", "-c"};
  argv.insert(argv.end(), options.begin(), options.end());
  const auto packed = base::run({.argv = argv}, text);
  EXPECT_TRUE(packed.status.ok()) << packed.err;
  return packed.out;
}

std::string unxzed(std::string_view bytes, std::size_t step = 1 << 20) {
  testing::DripSource source(bytes, step);
  return read_whole(*unxz(source));
}

}  // namespace

TEST(Xz, IsReadInPiecesOfAnySizeWithEachCheck) {
  const std::string text = testing::sample_bytes(100'000);
  for (const char* check : {"none", "crc32", "crc64", "sha256"}) {
    const std::string bytes = xzed(text, {"--check="s + check});
    for (const std::size_t step : {1u, 7u, 1u << 20}) EXPECT_TRUE(unxzed(bytes, step) == text) << check << step;
  }
}

TEST(Xz, StreamsOneAfterTheOtherAndPaddingAreRead) {
  EXPECT_EQ(unxzed(xzed("one") + std::string(8, '\0') + xzed("") + xzed("two")), "onetwo");
  EXPECT_EQ(unxzed(xzed("")), "");
}

TEST(Xz, IsDetected) {
  const std::string bytes = xzed("text");
  Compression found{};
  testing::DripSource source(bytes, 2);
  const auto plain = decompress_detected(source, &found);
  EXPECT_EQ(found, Compression::kXz);
  EXPECT_EQ(read_whole(*plain), "text");
}

TEST(Xz, TruncationAtEachByteIsDamage) {
  const std::string bytes = xzed("some text that is compressed");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(error_of(Code::kCorrupt, [&] { unxzed(bytes.substr(0, size)); }), "the xz data is cut short") << size;
  }
}

TEST(Xz, AChangedByteIsDamage) {
  const std::string text = testing::sample_bytes(20'000);
  const std::string bytes = xzed(text);
  for (std::size_t at = 12; at < bytes.size(); at += 97) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_THROW(unxzed(damaged), base::Error) << at;
  }
  EXPECT_THROW(unxzed(bytes + "rubbish"), base::Error);
}

TEST(Xz, MoreMemoryThanTheLimitIsNotSupported) {
  const std::string bytes = xzed("text", {"--lzma2=preset=9,dict=512MiB"});
  EXPECT_EQ(error_of(Code::kNotSupported, [&] { unxzed(bytes); }), "the xz data needs more than 256 MiB of memory");
}

TEST(Xz, IsNotWritten) {
  base::StringSink out;
  error_of(Code::kNotSupported, [&] { compress(out, Compression::kXz); });
}

}  // namespace davit::codec
