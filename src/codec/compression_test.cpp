#include "codec/compression.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/process.h"
#include "codec/test_support.h"

namespace davit::codec {

using base::Code;
using testing::error_of;
using testing::read_whole;
using namespace std::string_view_literals;

namespace {

std::string compressed(std::string_view text, Compression compression, int level = 0) {
  base::StringSink out;
  const auto sink = compress(out, compression, level);
  sink->write(base::as_byte_view(text));
  sink->finish();
  return out.take();
}

std::string decompressed(base::Source& source, Compression compression) {
  return read_whole(*decompress(source, compression));
}

}  // namespace

TEST(Detect, TellsGzipZstdAndPlainByTheFirstBytes) {
  EXPECT_EQ(detect_compression(base::as_byte_view("\x1f\x8b\x08\x00\x00\x00"sv)), Compression::kGzip);
  EXPECT_EQ(detect_compression(base::as_byte_view("\x28\xb5\x2f\xfd\x04\x00"sv)), Compression::kZstd);
  EXPECT_EQ(detect_compression(base::as_byte_view("\x5e\x2a\x4d\x18\x04\x00"sv)), Compression::kZstd);
  EXPECT_EQ(detect_compression(base::as_byte_view("\xfd\x37zXZ\0"sv)), Compression::kXz);
  EXPECT_EQ(detect_compression(base::as_byte_view("bin/ls"sv)), Compression::kNone);
  EXPECT_EQ(detect_compression(base::as_byte_view("BZh9/a"sv)), Compression::kNone);
  EXPECT_EQ(detect_compression({}), Compression::kNone);
}

TEST(Detect, RefusesBzip2ByName) {
  const auto message = [](std::string_view text) {
    return error_of(Code::kNotSupported, [&] { detect_compression(base::as_byte_view(text)); });
  };
  EXPECT_NE(message("BZh91AY"sv).find("bzip2"), std::string::npos);
}

TEST(Detect, DecompressDetectedFindsEachKind) {
  const std::string text = testing::sample_bytes(300'000);
  for (const Compression each : {Compression::kNone, Compression::kGzip, Compression::kZstd}) {
    for (const std::size_t step : {1u, 5u, 1u << 20}) {
      const std::string bytes = compressed(text, each);
      testing::DripSource source(bytes, step);
      Compression found{};
      const auto plain = decompress_detected(source, &found);
      EXPECT_EQ(found, each);
      EXPECT_TRUE(read_whole(*plain) == text);
    }
  }
  base::MemorySource none(""sv);
  EXPECT_EQ(read_whole(*decompress_detected(none)), "");
}

class Compressions : public ::testing::TestWithParam<Compression> {};

INSTANTIATE_TEST_SUITE_P(, Compressions, ::testing::Values(Compression::kGzip, Compression::kZstd),
                         [](const auto& each) { return each.param == Compression::kGzip ? "gzip" : "zstd"; });

TEST_P(Compressions, RoundTripGivesTheSameBytesHoweverTheyAreRead) {
  for (const std::size_t size : {0u, 1u, 1000u, 1u << 20, (1u << 20) + 1, 5'000'000u}) {
    const std::string text = testing::sample_bytes(size);
    const std::string bytes = compressed(text, GetParam());
    for (const std::size_t step : {7u, 1000u, 1u << 24}) {
      if (step < 1000 && size > 2'000'000) continue;
      testing::DripSource source(bytes, step);
      EXPECT_TRUE(decompressed(source, GetParam()) == text) << size << " by " << step;
    }
    base::MemorySource source(bytes);
    const auto plain = decompress(source, GetParam());
    std::string again(size, '\0');
    std::size_t at = 0;
    for (std::size_t want = 1; at < size; want = want * 3 % 400'001 + 1) {
      const auto rest = std::as_writable_bytes(std::span(again)).subspan(at);
      at += plain->read(rest.first(std::min(want, rest.size())));
    }
    std::byte one{};
    EXPECT_EQ(plain->read({&one, 1}), 0u);
    EXPECT_EQ(plain->read({&one, 1}), 0u) << "the end stays the end";
    EXPECT_TRUE(again == text);
  }
}

TEST_P(Compressions, EqualInputGivesEqualBytesHoweverItIsWritten) {
  const std::string text = testing::sample_bytes(2'500'000);
  base::StringSink out;
  const auto sink = compress(out, GetParam());
  for (std::size_t at = 0, step = 1; at < text.size(); at += step, step = step * 2 + 1)
    sink->write(base::as_byte_view(text).subspan(at, std::min(step, text.size() - at)));
  sink->finish();
  EXPECT_TRUE(out.text() == compressed(text, GetParam()));
}

TEST_P(Compressions, EveryTruncationIsAnError) {
  const std::string bytes = compressed(testing::sample_bytes(3000), GetParam());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    base::MemorySource source(std::string_view(bytes).substr(0, size));
    error_of(Code::kCorrupt, [&] { decompressed(source, GetParam()); });
    testing::DripSource drip(std::string_view(bytes).substr(0, size), 1);
    error_of(Code::kCorrupt, [&] { decompressed(drip, GetParam()); });
  }
}

TEST_P(Compressions, AFlippedBitIsFoundUnlessItMeansNothing) {
  const std::string text = "hello, hello, hello, hello, world";
  const std::string whole = compressed(text, GetParam());
  std::size_t harmless = 0;  // times and lengths in headers, bits that fill up a byte
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    base::MemorySource source{std::string_view(bytes)};
    try {
      EXPECT_EQ(decompressed(source, GetParam()), text) << bit;
      ++harmless;
    } catch (const base::Error&) {
    }
  }
  EXPECT_LT(harmless, 8 * (GetParam() == Compression::kGzip ? 15u : 2u));
}

TEST_P(Compressions, SeveralStreamsInARowAreOne) {
  const std::string bytes = compressed("one,", GetParam()) + compressed("", GetParam()) + compressed("two", GetParam());
  for (const std::size_t step : {1u, 2u, 1000u}) {
    testing::DripSource source(bytes, step);
    EXPECT_EQ(decompressed(source, GetParam()), "one,two");
  }
}

TEST_P(Compressions, ZerosAfterTheEndArePaddingAndAnythingElseIsDamage) {
  const std::string bytes = compressed("text", GetParam());
  const std::string with_zeros = bytes + std::string(300'000, '\0');
  base::MemorySource source(with_zeros);
  EXPECT_EQ(decompressed(source, GetParam()), "text");
  for (const std::string& rest : {std::string("x"), std::string("\0\0x", 3), std::string(300'000, '\0') + "x"}) {
    const std::string bad = bytes + rest;
    base::MemorySource damaged(bad);
    error_of(Code::kCorrupt, [&] { decompressed(damaged, GetParam()); });
  }
}

TEST_P(Compressions, TheirOwnToolReadsOursAndWeReadItsOwn) {
  const std::string tool = GetParam() == Compression::kGzip ? "gzip" : "zstd";
  const std::string text = testing::sample_bytes(2'500'000);
  const auto unpacked = base::run({.argv = {tool, "-dc"}}, compressed(text, GetParam()));
  EXPECT_TRUE(unpacked.status.ok()) << unpacked.err;
  EXPECT_TRUE(unpacked.out == text);
  for (const char* level : {"-1", "-6", "-9"}) {
    const auto packed = base::run({.argv = {tool, "-c", level}}, text);
    ASSERT_TRUE(packed.status.ok()) << packed.err;
    base::MemorySource source(packed.out);
    EXPECT_TRUE(decompressed(source, GetParam()) == text);
  }
}

TEST_P(Compressions, LevelsOutOfRangeAreRefused) {
  base::NullSink sink;
  error_of(Code::kInvalidArgument, [&] { compress(sink, GetParam(), -1); });
  error_of(Code::kInvalidArgument, [&] { compress(sink, GetParam(), 20); });
}

RC_GTEST_PROP(CompressionProperty, AnyBytesDecompressOrThrowAnError, (const std::string& bytes, bool as_gzip)) {
  const Compression compression = as_gzip ? Compression::kGzip : Compression::kZstd;
  base::MemorySource source(bytes);
  try {
    decompressed(source, compression);
  } catch (const base::Error&) {
  }
}

}  // namespace davit::codec
