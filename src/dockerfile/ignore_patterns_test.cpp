#include "dockerfile/ignore_patterns.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"

namespace davit::dockerfile {
namespace {

using testing::ElementsAre;

struct IgnoreRow {
  const char* file;
  const char* path;
  bool ignored;
};

TEST(IgnorePatterns, TheLastThatMatchesDecides) {
  const IgnoreRow rows[] = {
      {"*.md\n!README.md\n", "README.md", false},
      {"*.md\n!README.md\n", "b.md", true},
      {"!README.md\n*.md\n", "README.md", true},
      {"*.md\n!README*.md\nREADME-secret.md\n", "README-secret.md", true},
      {"*\n!a\n", "a", false},
      {"*\n!a\n", "a/b", false},
      {"*\n!a/b\n", "a/b", false},
      {"*\n!a/b\n", "a/c", true},
      {"a\n!a/b\na/b/c\n", "a/b/c/d", true},
      {"!a\n", "a", false},
  };
  for (const IgnoreRow& row : rows) {
    EXPECT_EQ(IgnorePatterns::parse(row.file).ignores(row.path), row.ignored) << row.file << row.path;
  }
}

TEST(IgnorePatterns, AFolderTakesAllBelowItWithIt) {
  const IgnorePatterns patterns = IgnorePatterns::parse("node_modules\n**/build\ntmp/*\n");
  for (const char* path : {"node_modules", "node_modules/a/b", "x/y/build/z", "build", "tmp/a/b"}) {
    EXPECT_TRUE(patterns.ignores(path)) << path;
  }
  for (const char* path : {"a/node_modules", "rebuild", "tmp", "node_modules2"}) {
    EXPECT_FALSE(patterns.ignores(path)) << path;
  }
}

TEST(IgnorePatterns, LinesAreCleaned) {
  const IgnorePatterns patterns =
      IgnorePatterns::parse("\xef\xbb\xbf# comment\n  /a/ \r\n\n./b//c/../d\n! /a/e\n #f\n/\n");
  EXPECT_THAT(patterns.texts(), ElementsAre("a", "b/d", "!a/e", "#f", "/"));
  EXPECT_TRUE(patterns.ignores("a/x"));
  EXPECT_FALSE(patterns.ignores("a/e"));
  EXPECT_TRUE(patterns.has_exceptions());
  EXPECT_TRUE(IgnorePatterns::parse("\n# x\n").empty());
}

TEST(IgnorePatterns, ClassesAndEscapes) {
  EXPECT_TRUE(IgnorePatterns::parse("[a-c]?\\[x").ignores("bz[x"));
  EXPECT_FALSE(IgnorePatterns::parse("[^a-c]").ignores("b"));
  EXPECT_TRUE(IgnorePatterns::parse("\\#a").ignores("#a"));
  EXPECT_TRUE(IgnorePatterns::parse("\\!a").ignores("!a"));
  EXPECT_TRUE(IgnorePatterns::parse("a+(b).c").ignores("a+(b).c"));
}

TEST(IgnorePatterns, MalformedOnesAreNamed) {
  const auto mistake = [](std::string_view text) -> std::string {
    try {
      IgnorePatterns::parse(text);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(mistake("a\n[b\n"), "line 2: [b: syntax error in pattern");
  EXPECT_EQ(mistake("!\n"), "line 1: !: illegal exclusion pattern: \"!\"");
}

TEST(IgnorePatterns, OfExcludeFlags) {
  const std::vector<std::string> flags = {"*.o", "!keep.o"};
  const IgnorePatterns patterns{flags};
  EXPECT_TRUE(patterns.ignores("a.o"));
  EXPECT_FALSE(patterns.ignores("keep.o"));
}

TEST(IgnorePatterns, FoldersAreSkippedUnlessSomethingBelowComesBack) {
  const auto skips = [](std::string_view text, std::string_view path) {
    const IgnorePatterns patterns = IgnorePatterns::parse(text);
    return patterns.can_skip(patterns.enter(patterns.root(), path), path);
  };
  EXPECT_TRUE(skips("a\n", "a"));
  EXPECT_FALSE(skips("a\n", "b"));
  EXPECT_FALSE(skips("a\n!a/b\n", "a"));
  EXPECT_TRUE(skips("a\n!b/a\n", "a"));
  EXPECT_TRUE(skips("!a/b\na\n", "a"));
  EXPECT_FALSE(skips("*\n!**/*.go\n", "a"));
  EXPECT_TRUE(skips("*\n!*.go\n", "a"));
}

TEST(IgnorePatterns, TellWhetherTheyLeaveOutAll) {
  for (const char* all : {"*", "**", "**/*", "a\n*\n"}) EXPECT_TRUE(IgnorePatterns::parse(all).leaves_out_all()) << all;
  for (const char* some : {"", "a*", "!*", "*/*"}) EXPECT_FALSE(IgnorePatterns::parse(some).leaves_out_all()) << some;
}

// A rule of thumb that would be broken by a matcher that backtracks or allocates for each path; sanitizers are slow.
TEST(IgnorePatterns, AreFastForManyPaths) {
  const IgnorePatterns patterns = IgnorePatterns::parse(
      "**/node_modules\n*.log\n.git\n**/*.tmp\nbuild/**\n**/test/**/*.snap\n!keep.log\ndocs/[a-m]*\n");
  const auto begin = std::chrono::steady_clock::now();
  std::size_t ignored = 0;
  for (int i = 0; i < 200'000; ++i) {
    ignored += patterns.ignores(patterns.root(), "src/packages/module" + std::to_string(i) + "/index.test.js") ? 1 : 0;
  }
  EXPECT_EQ(ignored, 0U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

std::string random_name() { return *rc::gen::element<std::string>("a", "b", "ab", "a.b"); }

RC_GTEST_PROP(IgnorePatternsProperty, WalkingAndAskingAgreeAndNothingSkippedIsKept, ()) {
  const auto lines = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "a", "!a", "a/b", "!a/b", "**/b", "!**/b", "*", "!*", "a/**", "!a/*/b", "*.b", "!a/a*"));
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  const IgnorePatterns patterns = IgnorePatterns::parse(text);
  std::string path = random_name();
  IgnorePatterns::Folder folder = patterns.root();
  bool skipped = false;
  for (int depth = *rc::gen::inRange(0, 4); depth > 0; --depth) {
    folder = patterns.enter(folder, path);
    skipped |= patterns.can_skip(folder, path);
    path += "/" + random_name();
  }
  RC_ASSERT(patterns.ignores(folder, path) == patterns.ignores(path));
  if (skipped) RC_ASSERT(patterns.ignores(path));
}

}  // namespace
}  // namespace davit::dockerfile
