#include "text/tabs.h"

#include <gtest/gtest.h>

namespace davit::text {
namespace {

TEST(Tabs, ColumnsAreTenWideAndPaddedByThree) {
  EXPECT_EQ(align_tabs("A\tB\tC\n1\t22222222222\t3\n"), "A         B             C\n1         22222222222   3\n");
}

TEST(Tabs, WhatFollowsTheLastTabIsInNoColumn) {
  EXPECT_EQ(align_tabs("A\tlong last cell\n1\tx\n"), "A         long last cell\n1         x\n");
  EXPECT_EQ(align_tabs("A\t\n12345678901\t\n"), "A             \n12345678901   \n");
}

TEST(Tabs, ALineWithoutTheColumnEndsIt) {
  EXPECT_EQ(align_tabs("a\tb\nplain\n1234567890123\tc\n"), "a         b\nplain\n1234567890123   c\n");
}

TEST(Tabs, WidthsAreTheTerminals) {
  EXPECT_EQ(align_tabs("日本語日本語\tx\nab\ty\n"), "日本語日本語   x\nab             y\n");
}

TEST(Tabs, OtherWidthsForVersion) {
  EXPECT_EQ(align_tabs(" Version:\t1\n OS/Arch:\tx\n", {.least_width = 20, .padding = 1}),
            " Version:           1\n OS/Arch:           x\n");
}

TEST(Tabs, NothingIsNothing) {
  EXPECT_EQ(align_tabs(""), "");
  EXPECT_EQ(align_tabs("\n"), "\n");
  EXPECT_EQ(align_tabs("x"), "x");
}

}  // namespace
}  // namespace davit::text
