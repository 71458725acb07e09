#include "cli/variable_file.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::cli {
namespace {

using Lines = std::vector<std::string>;

std::string problem(std::string_view content) {
  try {
    parse_variable_lines(content, "f");
  } catch (const base::Error& error) {
    return error.message();
  }
  return "none";
}

TEST(VariableFile, HoldsAVariableALine) {
  EXPECT_EQ(parse_variable_lines("A=1\n#no\n\n  B=2 \nC\nD=\nE=a=b # c\n", "f"),
            (Lines{"A=1", "B=2 ", "C", "D=", "E=a=b # c"}));
  EXPECT_EQ(parse_variable_lines("\xef\xbb\xbf"
                                 "A=1\r\nB=\xc3\xa4",
                                 "f"),
            (Lines{"A=1", "B=\xc3\xa4"}));
  EXPECT_EQ(parse_variable_lines("", "f"), Lines());
}

TEST(VariableFile, IsRefusedInDockersWords) {
  EXPECT_EQ(problem("A B=1\n"), "invalid env file (f): variable 'A B' contains whitespaces");
  EXPECT_EQ(problem("A=1\n=1\n"), "invalid env file (f): no variable name on line '=1'");
  EXPECT_EQ(problem("A=1\n\xff=1\n"), "invalid env file (f): invalid utf8 bytes at line 2: [255 61 49]");
  EXPECT_EQ(problem("\xed\xa0\x80=1"), "invalid env file (f): invalid utf8 bytes at line 1: [237 160 128 61 49]");
}

}  // namespace
}  // namespace davit::cli
