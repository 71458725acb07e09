#include "container/top.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::container {
namespace {

TEST(ParsePs, TakesTheLinesOfTheProcessesAndLeavesTheLastColumnWhole) {
  const char* output =
      "UID          PID    PPID CMD\n"
      "root           1       0 /sbin/init splash\n"
      "root          20       1 sh -c  sleep 600\n"
      "root         200       1 sleep 600\n";
  const ProcessTable expected = {{"UID", "PID", "PPID", "CMD"},
                                 {{"root", "20", "1", "sh -c sleep 600"}, {"root", "200", "1", "sleep 600"}}};
  EXPECT_EQ(parse_ps(output, {20, 200}), expected);
}

TEST(ParsePs, AMissingLastCellIsEmpty) {
  EXPECT_EQ(parse_ps("PID COMMAND\n 7\n", {7}), (ProcessTable{{"PID", "COMMAND"}, {{"7", ""}}}));
}

TEST(ParsePs, WithoutPidsThereIsNoTellingWhoseTheyAre) {
  try {
    parse_ps("COMMAND\nsh\n", {7});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "Couldn't find PID field in ps output");
  }
}

}  // namespace
}  // namespace davit::container
