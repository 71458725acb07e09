#include "cli/go_number.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::cli {
namespace {

std::string problem(std::string_view text, int base = 0) {
  try {
    parse_int(text, base);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "none";
}

TEST(GoNumber, ReadsWhatGoReads) {
  EXPECT_EQ(parse_int("0"), 0);
  EXPECT_EQ(parse_int("-12"), -12);
  EXPECT_EQ(parse_int("+12"), 12);
  EXPECT_EQ(parse_int("0x1F"), 31);
  EXPECT_EQ(parse_int("0b101"), 5);
  EXPECT_EQ(parse_int("0o17"), 15);
  EXPECT_EQ(parse_int("017"), 15);
  EXPECT_EQ(parse_int("1_000"), 1000);
  EXPECT_EQ(parse_int("0x_f"), 15);
  EXPECT_EQ(parse_int("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_int("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_int("017", 10), 17);
  EXPECT_EQ(parse_uint("1777", 8), 01777U);
}

TEST(GoNumber, RefusesInGosWords) {
  for (const char* text : {"", "x", "-", "1x", "0x", "1_", "_1", "1__0", "--1", "+-1", "08", "1.5", " 1"})
    EXPECT_EQ(problem(text), "strconv.ParseInt: parsing \"" + std::string(text) + "\": invalid syntax");
  EXPECT_EQ(problem("9223372036854775808"), "strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
  EXPECT_EQ(problem("99999999999999999999999"),
            "strconv.ParseInt: parsing \"99999999999999999999999\": value out of range");
  EXPECT_EQ(problem("1_0", 10), "strconv.ParseInt: parsing \"1_0\": invalid syntax");
  EXPECT_THROW(parse_uint("-1"), base::Error);
  EXPECT_THROW(parse_uint("65536", 0, UINT16_MAX), base::Error);
}

}  // namespace
}  // namespace davit::cli
