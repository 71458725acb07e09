#include "codec/zstd.h"

#include <gtest/gtest.h>

#include "base/process.h"
#include "codec/test_support.h"

namespace davit::codec {

using base::Code;
using testing::error_of;
using testing::read_whole;
using namespace std::string_literals;

namespace {

std::string unzstded(std::string_view bytes, std::size_t step = 1 << 20) {
  testing::DripSource source(bytes, step);
  return read_whole(*unzstd(source));
}

std::string zstded(std::string_view text) {
  base::StringSink out;
  const auto sink = zstd(out, 0);
  sink->write(base::as_byte_view(text));
  sink->finish();
  return out.take();
}

}  // namespace

TEST(Zstd, SkippableFramesArePassedOver) {
  const std::string skippable = "\x50\x2a\x4d\x18\x03\0\0\0abc"s;
  const std::string bytes = skippable + zstded("one") + skippable + zstded("two") + skippable;
  for (std::size_t step = 1; step < 40; ++step) EXPECT_EQ(unzstded(bytes, step), "onetwo");
}

TEST(Zstd, AWindowOf128MebibytesIsReadAndALargerOneRefused) {
  // Frame headers by RFC 8878, 3.1.1.1: window descriptors for 2^27 and 2^28 bytes, then an empty last block.
  EXPECT_EQ(unzstded("\x28\xb5\x2f\xfd\x00\x88\x01\0\0"s), "");
  EXPECT_EQ(error_of(Code::kNotSupported, [] { unzstded("\x28\xb5\x2f\xfd\x00\x90\x01\0\0"s); }),
            "the zstd data needs a window of more than 128 MiB");
}

TEST(Zstd, ADictionaryIsNotSupported) {
  error_of(Code::kNotSupported, [] { unzstded("\x28\xb5\x2f\xfd\x21\x07\x00\x01\0\0"s); });
}

TEST(Zstd, FramesOfUnknownLengthAndWithoutChecksumsAreRead) {
  const std::string text = testing::sample_bytes(1'000'000);
  const auto packed = base::run({.argv = {"zstd", "-c", "--no-check", "--long=27", "-19"}}, text);
  ASSERT_TRUE(packed.status.ok()) << packed.err;
  EXPECT_TRUE(unzstded(packed.out, 1000) == text);
}

}  // namespace davit::codec
