#include "text/duration.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::text {
namespace {

using namespace std::chrono_literals;

std::string refusal(std::string_view text) {
  try {
    parse_duration(text);
  } catch (const base::Error& e) {
    return e.message();
  }
  return "accepted";
}

TEST(Duration, IsWhatGoTakes) {
  EXPECT_EQ(parse_duration("0"), 0ns);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("1h2m3s4ms5us6ns"), 1h + 2min + 3s + 4ms + 5us + 6ns);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration(".5s"), 500ms);
  EXPECT_EQ(parse_duration("5.s"), 5s);
  EXPECT_EQ(parse_duration("-1m"), -1min);
  EXPECT_EQ(parse_duration("+1m"), 1min);
  EXPECT_EQ(parse_duration("7\u00b5s8\u03bcs"), 15us);
  EXPECT_EQ(parse_duration("0.000000001999s"), 1ns);
  EXPECT_EQ(parse_duration("0.99999999999999999999999999h"), 3599999999999ns);
  EXPECT_EQ(parse_duration("9223372036854775807ns"), std::chrono::nanoseconds::max());
}

TEST(Duration, MistakesInGosWords) {
  EXPECT_EQ(refusal("30"), "time: missing unit in duration \"30\"");
  EXPECT_EQ(refusal("3x"), "time: unknown unit \"x\" in duration \"3x\"");
  for (const char* text :
       {"", "-", "s", ".s", "x", "1s-", "9223372036854775808ns", "2562048h", "99999999999999999999s"}) {
    EXPECT_TRUE(refusal(text).starts_with("time: ")) << text;
  }
  EXPECT_EQ(refusal(""), "time: invalid duration \"\"");
  EXPECT_EQ(refusal("2562048h"), "time: invalid duration \"2562048h\"");
}

}  // namespace
}  // namespace davit::text
