#include "container/log_details.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::container {
namespace {

using Details = std::map<std::string, std::string>;

Details details_with(std::map<std::string, std::string> options) {
  Description description;
  description.labels = {{"com.example.a", "1"}, {"com.example.b", "2"}, {"other", "3"}};
  description.env = {"APP_ONE=x", "APP_TWO=y=z", "PATH=/bin"};
  description.log.options = std::move(options);
  return log_details(description);
}

TEST(LogDetails, AreChosenByName) {
  EXPECT_EQ(details_with({}), Details());
  EXPECT_EQ(details_with({{"labels", "other,absent"}, {"env", "APP_TWO,absent"}, {"tag", "t"}}),
            (Details{{"other", "3"}, {"APP_TWO", "y=z"}, {"tag", "t"}}));
}

TEST(LogDetails, AreChosenByRegularExpression) {
  EXPECT_EQ(details_with({{"labels-regex", "^com\\.example\\."}, {"env-regex", "_(ONE|TWO)$"}}),
            (Details{{"com.example.a", "1"}, {"com.example.b", "2"}, {"APP_ONE", "x"}, {"APP_TWO", "y=z"}}));
  EXPECT_EQ(details_with({{"labels", "other"}, {"labels-regex", "b$"}}),
            (Details{{"com.example.b", "2"}, {"other", "3"}}));
  EXPECT_EQ(details_with({{"labels-regex", ""}}), Details());
}

TEST(LogDetails, ABadExpressionIsNamed) {
  try {
    details_with({{"env-regex", "(a"}});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Code::kInvalidArgument);
    EXPECT_EQ(error.message(), "--log-opt env-regex=(a is not a regular expression");
  }
}

}  // namespace
}  // namespace davit::container
