#include "http/headers.h"

#include <gtest/gtest.h>

namespace davit::http {
namespace {

TEST(Headers, names_compare_without_regard_to_case) {
  const Headers headers{{"Content-Type", "a"}};
  EXPECT_EQ(headers.get("content-type"), "a");
  EXPECT_EQ(headers.get("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.get("content-typ"), std::nullopt);
}

TEST(Headers, a_name_may_occur_several_times_until_it_is_set) {
  Headers headers{{"Link", "1"}, {"X", "2"}, {"link", "3"}};
  EXPECT_EQ(headers.all("LINK"), (std::vector<std::string>{"1", "3"}));
  headers.set("Link", "4");
  EXPECT_EQ(headers.all("link"), std::vector<std::string>{"4"});
  headers.remove("lInK");
  EXPECT_FALSE(headers.contains("Link"));
  EXPECT_TRUE(headers.contains("x"));
}

}  // namespace
}  // namespace davit::http
