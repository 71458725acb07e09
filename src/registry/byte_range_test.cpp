#include "registry/byte_range.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace davit::registry {
namespace {

TEST(ByteRange, NeverLeavesTheBlob) {
  EXPECT_EQ(parse_range("bytes=0-0", 10)->size, 1U);
  EXPECT_EQ(parse_range("bytes=3-", 10)->size, 7U);
  EXPECT_EQ(parse_range("bytes=-3", 10)->first, 7U);
  EXPECT_EQ(parse_range("bytes=-30", 10)->first, 0U);
  EXPECT_EQ(parse_range("bytes=5-18446744073709551615", 10)->size, 5U);
  EXPECT_FALSE(parse_range("bytes=10-", 10)->satisfiable);
  EXPECT_FALSE(parse_range("bytes=5-4", 10)->satisfiable);
  EXPECT_FALSE(parse_range("bytes=-0", 10)->satisfiable);
  EXPECT_FALSE(parse_range("bytes=0-", 0)->satisfiable);
  for (const char* none : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=1-2,3-4", "lines=1-2",
                           "bytes=18446744073709551616-", "bytes= 1-2", "bytes=+1-2"}) {
    EXPECT_FALSE(parse_range(none, 10)) << none;
  }
}

RC_GTEST_PROP(ByteRange, IsAPartOfTheBlob, (std::uint64_t first, std::uint64_t last, std::uint64_t size)) {
  const auto range = parse_range(fmt::format("bytes={}-{}", first, last), size);
  RC_ASSERT(range);
  if (range->satisfiable) RC_ASSERT(range->size > 0 && range->first == first && range->size <= size - first);
  RC_ASSERT(range->satisfiable == (first <= last && first < size));
}

TEST(ChunkRange, IsTwoNumbersInOrder) {
  EXPECT_EQ(parse_chunk_range("5-9")->last, 9U);
  for (const char* bad : {"", "-", "5", "5-", "-5", "9-5", "a-b", "bytes 0-9/10", "0-18446744073709551616", "0-9 "}) {
    EXPECT_FALSE(parse_chunk_range(bad)) << bad;
  }
}

}  // namespace
}  // namespace davit::registry
