#include "container/exit_table.h"

#include <gtest/gtest.h>

#include "base/fs/file.h"
#include "base/fs/paths.h"

namespace davit::container {
namespace {

namespace fs = base::fs;

class ExitTableTest : public ::testing::Test {
 protected:
  ExitTableTest() : folder_(::testing::TempDir()), table_(folder_.path() / "exits") {}
  static Exit ended(char digit, const std::string& name, int code, int second = 0) {
    return {.id = std::string(64, digit),
            .name = name,
            .exit_code = code,
            .finished = base::Time(std::chrono::seconds(second))};
  }
  fs::TemporaryDirectory folder_;
  ExitTable table_;
};

TEST_F(ExitTableTest, KeepsCodeAndTimeUntilForgotten) {
  const auto exit = ended('a', "app", 7, 12);
  EXPECT_FALSE(table_.find("app"));
  table_.add(exit);
  EXPECT_EQ(table_.find("app"), exit);
  EXPECT_EQ(table_.find(exit.id), exit);
  EXPECT_EQ(table_.find("aaaa"), exit);
  EXPECT_FALSE(table_.find(""));
  EXPECT_FALSE(table_.find("../exits"));
  table_.forget(exit.id);
  table_.forget(exit.id);
  EXPECT_FALSE(table_.find("app"));
}

TEST_F(ExitTableTest, ANameMeansTheLastThatHadIt) {
  table_.add(ended('a', "app", 1, 10));
  table_.add(ended('b', "app", 2, 30));
  table_.add(ended('c', "app", 3, 20));
  EXPECT_EQ(table_.find("app")->exit_code, 2);
}

TEST_F(ExitTableTest, APrefixOfSeveralMeansNone) {
  table_.add({.id = "ab" + std::string(62, '0'), .name = "one"});
  table_.add({.id = "ac" + std::string(62, '0'), .name = "two"});
  EXPECT_FALSE(table_.find("a"));
  EXPECT_EQ(table_.find("ac")->name, "two");
}

TEST_F(ExitTableTest, DoesNotGrowWithoutEnd) {
  for (std::size_t i = 0; i <= ExitTable::kMost; ++i) {
    const auto digits = std::to_string(1000 + i);
    table_.add(
        {.id = digits + std::string(60, '0'), .name = "c" + digits, .finished = base::Time(std::chrono::seconds(i))});
  }
  EXPECT_EQ(fs::list(folder_.path() / "exits").size(), ExitTable::kMost / 2);
  EXPECT_TRUE(table_.find("c" + std::to_string(1000 + ExitTable::kMost)));
  EXPECT_FALSE(table_.find("c1000"));
}

TEST_F(ExitTableTest, WhatIsNoEntryCountsAsNone) {
  table_.add(ended('a', "app", 7));
  for (const char* text : {"", "x", "7 yesterday app", "7", "x 2026-11-26T07:10:01Z app"}) {
    fs::write_file(folder_.path() / "exits" / std::string(64, 'a'), text);
    EXPECT_FALSE(table_.find("app")) << text;
  }
}

}  // namespace
}  // namespace davit::container
