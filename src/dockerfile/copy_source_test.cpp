#include "dockerfile/copy_source.h"

#include <gtest/gtest.h>

namespace davit::dockerfile {
namespace {

TEST(CopySource, Wildcards) {
  for (const char* with : {"*", "a?", "a/[b]", "\\a*"}) EXPECT_TRUE(has_wildcards(with)) << with;
  for (const char* without : {"", "a", "\\*", "a\\[b]"}) EXPECT_FALSE(has_wildcards(without)) << without;
}

TEST(CopySource, IsSplitAtTheFirstComponentWithWildcards) {
  const auto split = [](std::string_view source) {
    const WildcardSource parts = split_wildcards(source);
    return parts.folder + "|" + parts.pattern;
  };
  EXPECT_EQ(split("a/b*/c"), "a|b*/c");
  EXPECT_EQ(split("*.go"), "|*.go");
  EXPECT_EQ(split("/*.go"), "/|*.go");
  EXPECT_EQ(split("a/b"), "a/b|");
  EXPECT_EQ(split("a/\\*/b?"), "a/\\*|b?");
}

TEST(CopySource, OfParentsHasAPivot) {
  const ParentsSource plain = parents_source("a/./b/../c");
  EXPECT_EQ(plain.folder, "a");
  EXPECT_EQ(plain.pattern, "c");
  EXPECT_TRUE(plain.must_exist);
  const ParentsSource wild = parents_source("./x/**/*.txt");
  EXPECT_EQ(wild.folder, "/");
  EXPECT_EQ(wild.pattern, "x/**/*.txt");
  EXPECT_FALSE(wild.must_exist);
}

TEST(CopySource, Urls) {
  EXPECT_TRUE(is_http_url("https://a/b"));
  EXPECT_TRUE(is_http_url("http://a"));
  EXPECT_FALSE(is_http_url("ftp://a"));
}

}  // namespace
}  // namespace davit::dockerfile
