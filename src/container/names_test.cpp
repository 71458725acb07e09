#include "container/names.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::container {
namespace {

std::string message(const std::string& name) {
  try {
    return "taken as " + checked_name(name);
  } catch (const base::Error& error) {
    return error.message();
  }
}

TEST(ContainerName, FollowsDockersRule) {
  for (const char* name : {"web", "a1", "Web_1.x-y", "0a"}) EXPECT_EQ(checked_name(name), name);
  EXPECT_EQ(checked_name("/web"), "web");
  for (const char* name : {"a", "", "/", "_a", ".a", "-a", "a b", "a/b", "a:b", "//a"}) {
    EXPECT_EQ(message(name),
              "Invalid container name (" + std::string(name) + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
  }
}

TEST(RandomName, IsAValidName) {
  std::set<std::string> seen;
  for (unsigned i = 0; i < 500; ++i) {
    const auto name = random_name(i % 8);
    EXPECT_EQ(checked_name(name), name);
    EXPECT_NE(name.find('_'), std::string::npos);
    seen.insert(name);
  }
  EXPECT_GT(seen.size(), 300U);
}

}  // namespace
}  // namespace davit::container
