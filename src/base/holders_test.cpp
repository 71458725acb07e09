#include "base/holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"

namespace davit::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HoldersTest : public ::testing::Test {
 protected:
  fs::TemporaryDirectory folder_{::testing::TempDir()};
  Holders holders_{folder_.path() / "a/b"};
};

TEST_F(HoldersTest, ThereAreNoneAtFirst) { EXPECT_THAT(holders_.list(), IsEmpty()); }

TEST_F(HoldersTest, EachIsThereOnceUntilItIsRemoved) {
  holders_.add("deployment web");
  holders_.add("deployment web");
  holders_.add("deployment api");
  EXPECT_THAT(Holders(folder_.path() / "a/b").list(), ElementsAre("deployment api", "deployment web"));
  holders_.remove("deployment web");
  holders_.remove("deployment web");
  EXPECT_THAT(holders_.list(), ElementsAre("deployment api"));
}

TEST_F(HoldersTest, WhatIsNoNameIsRefused) {
  for (const auto& name : {std::string(), std::string("a/b"), std::string(".."), std::string("a\n"), std::string(" a"),
                           std::string("a "), std::string("\xc3\xa4"), std::string(129, 'a')}) {
    EXPECT_THROW(holders_.add(name), Error) << name;
    EXPECT_THROW(holders_.remove(name), Error) << name;
  }
  EXPECT_THAT(holders_.list(), IsEmpty());
}

}  // namespace
}  // namespace davit::base
