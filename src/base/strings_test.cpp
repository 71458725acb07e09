#include "base/strings.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"

namespace davit::base {
namespace {

TEST(Strings, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string>{""}));
}

RC_GTEST_PROP(Strings, JoinUndoesSplit, (const std::string& text)) { RC_ASSERT(join(split(text, '/'), "/") == text); }

RC_GTEST_PROP(Strings, Base64RoundTrips, (const std::string& bytes)) {
  RC_ASSERT(from_base64(to_base64(bytes)) == bytes);
}

TEST(Strings, Base64RefusesWhatItIsNot) {
  EXPECT_THROW(from_base64("a b"), Error);
  EXPECT_THROW(from_base64("A"), Error);
}

TEST(Strings, PrintableShowsControlBytesAndCuts) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
  EXPECT_EQ(printable("abcdef", 3), "abc…");
  EXPECT_EQ(printable("\xc2\x9b[31m \x9b ü€"), "\\xc2\\x9b[31m \\x9b ü€");
}

TEST(Strings, RandomHexHasTheLengthAndDiffers) {
  EXPECT_EQ(random_hex(16).size(), 32U);
  EXPECT_NE(random_hex(16), random_hex(16));
}

}  // namespace
}  // namespace davit::base
