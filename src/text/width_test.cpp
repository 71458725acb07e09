#include "text/width.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace davit::text {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("sleep 600"), 9U);
  EXPECT_EQ(display_width("größe…"), 6U);
  EXPECT_EQ(display_width("日本語"), 6U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("📦"), 2U);
}

TEST(DisplayWidth, CountsBytesThatAreNoUtf8One) {
  EXPECT_EQ(display_width("\xff\xfe"), 2U);
  EXPECT_EQ(display_width("a\xe6\x97"), 3U);  // cut in the middle of a character
  EXPECT_EQ(display_width("\x80"), 1U);
}

TEST(Ellipsis, CutsAsDockersHistoryDoes) {
  const std::string cut = ellipsis(R"(/bin/sh -c #(nop)  CMD ["cat" "/etc/app.conf"])", 45);
  EXPECT_EQ(cut, R"(/bin/sh -c #(nop)  CMD ["cat" "/etc/app.conf…)");
  EXPECT_EQ(display_width(cut), 45U);
}

TEST(Ellipsis, LeavesWhatFits) {
  EXPECT_EQ(ellipsis("", 0), "");
  EXPECT_EQ(ellipsis("abc", 3), "abc");
  EXPECT_EQ(ellipsis("abcd", 3), "ab…");
  EXPECT_EQ(ellipsis("abcd", 1), "…");
  EXPECT_EQ(ellipsis("abcd", 0), "");
}

TEST(Ellipsis, NeverCutsACharacterApart) {
  EXPECT_EQ(ellipsis("日本語", 5), "日本…");
  EXPECT_EQ(ellipsis("日本語", 4), "日…");
  EXPECT_EQ(ellipsis("日本語", 6), "日本語");
}

RC_GTEST_PROP(Ellipsis, NeverExceedsItsWidth, (const std::string& text)) {
  const auto columns = *rc::gen::inRange<std::size_t>(0, 60);
  const std::string cut = ellipsis(text, columns);
  RC_ASSERT(display_width(cut) <= columns);
  if (display_width(text) <= columns) RC_ASSERT(cut == text);
}

}  // namespace
}  // namespace davit::text
