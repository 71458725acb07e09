#include "base/json.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace davit::base {
namespace {

TEST(TextMember, IsTheTextUnderTheNameAndEmptyForAllElse) {
  const boost::json::object object = {{"name", "value"}, {"number", 3}, {"nothing", nullptr}, {"list", {"value"}}};
  EXPECT_EQ(text_member(object, "name"), "value");
  EXPECT_EQ(text_member(object, std::string_view("names").substr(0, 4)), "value");
  for (const char* other : {"number", "nothing", "list", "missing", "Name", ""})
    EXPECT_EQ(text_member(object, other), "");
}

}  // namespace
}  // namespace davit::base
