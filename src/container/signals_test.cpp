#include "container/signals.h"

#include <csignal>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::container {
namespace {

TEST(ParseSignal, TakesNamesAndNumbers) {
  EXPECT_EQ(parse_signal("SIGTERM"), SIGTERM);
  EXPECT_EQ(parse_signal("term"), SIGTERM);
  EXPECT_EQ(parse_signal("15"), SIGTERM);
  EXPECT_EQ(parse_signal("USR1"), SIGUSR1);
  EXPECT_EQ(parse_signal("SIGRTMIN+3"), SIGRTMIN + 3);
  EXPECT_EQ(parse_signal("RTMAX-1"), SIGRTMAX - 1);
  EXPECT_EQ(parse_signal("RTMIN"), SIGRTMIN);
}

TEST(ParseSignal, RefusesOthersInDockersWords) {
  for (const char* text : {"NOSUCH", "0", "-1", "65", "1.5", "", "SIG", "RTMIN+99", "TERM "}) {
    try {
      parse_signal(text);
      ADD_FAILURE() << text << " was taken";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.message(), std::string("Invalid signal: ") + text);
    }
  }
}

}  // namespace
}  // namespace davit::container
