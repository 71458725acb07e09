#include "text/size.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace davit::text {
namespace {

TEST(HumanSize, IsDockersInTheTranscripts) {
  // docker images and docker history: three digits.
  EXPECT_EQ(human_size(1'985'912, kImageSizeDigits), "1.99MB");
  EXPECT_EQ(human_size(1'982'600, kImageSizeDigits), "1.98MB");
  EXPECT_EQ(human_size(3'217, kImageSizeDigits), "3.22kB");
  EXPECT_EQ(human_size(95, kImageSizeDigits), "95B");
  EXPECT_EQ(human_size(0, kImageSizeDigits), "0B");
  // docker system df and prune: four.
  EXPECT_EQ(human_size(1'985'912), "1.986MB");
  EXPECT_EQ(human_size(0), "0B");
}

TEST(HumanSize, DropsTrailingZeros) {
  EXPECT_EQ(human_size(1'000), "1kB");
  EXPECT_EQ(human_size(100'000, 3), "100kB");
  EXPECT_EQ(human_size(1'500'000), "1.5MB");
}

TEST(HumanSize, ChangesUnitAtEachPowerOfAThousand) {
  EXPECT_EQ(human_size(999), "999B");
  EXPECT_EQ(human_size(1'048'576), "1.049MB");
  EXPECT_EQ(human_size(999'900), "999.9kB");
  EXPECT_EQ(human_size(3'420'000'000), "3.42GB");
  EXPECT_EQ(human_size(5'372'000'000'000), "5.372TB");
  EXPECT_EQ(human_size(2'220'000'000'000'000), "2.22PB");
  EXPECT_EQ(human_size(UINT64_MAX), "18.45EB");
}

TEST(HumanSize, RoundsUpIntoAnExponentAsGoDoes) {
  EXPECT_EQ(human_size(999'999), "1000kB");
  EXPECT_EQ(human_size(999'600, 3), "1e+03kB");
  EXPECT_EQ(human_size(999'400, 3), "999kB");
}

TEST(BinarySize, CountsIn1024s) {
  EXPECT_EQ(binary_size(0), "0B");
  EXPECT_EQ(binary_size(1'023), "1023B");
  EXPECT_EQ(binary_size(1'024), "1KiB");
  EXPECT_EQ(binary_size(67'108'864), "64MiB");
  EXPECT_EQ(binary_size(8'200'000'000), "7.637GiB");
}

}  // namespace
}  // namespace davit::text
