#include "dockerfile/path_pattern.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"

namespace davit::dockerfile {
namespace {

struct PathRow {
  const char* pattern;
  const char* path;
  bool matches;
};

TEST(PathPattern, MatchesAsGosFilepathDoes) {
  const PathRow rows[] = {
      {"a*c", "abbc", true}, {"a*c", "a/c", false},         {"a?c", "abc", true},           {"a?c", "a/c", false},
      {"?", "é", true},      {"[a-c]x", "bx", true},        {"[^a-c]x", "bx", false},       {"[^a-c]x", "dx", true},
      {"[\\]a]", "]", true}, {"a\\*c", "a*c", true},        {"a\\*c", "abc", false},        {"*", "a", true},
      {"*", "a/b", false},   {"**", "a/b", false},          {"*/*", "a/b", true},           {"", "", true},
      {"a", "", false},      {"*a*b", "xaxb", true},        {"*.tar.gz", "a.tar.gz", true}, {"[é-ü]", "ö", true},
      {"]", "]", true},      {"a[b-d]*[x]", "aczzx", true},
  };
  for (const PathRow& row : rows) {
    EXPECT_EQ(PathPattern(row.pattern, DoubleStar::kAsStar).matches(row.path), row.matches)
        << row.pattern << " " << row.path;
  }
}

TEST(PathPattern, DoubleStarIsAnyFolders) {
  const PathRow rows[] = {
      {"**", "a/b/c", true},
      {"**/b", "b", true},
      {"**/b", "a/x/b", true},
      {"**/b", "ab", false},
      {"a/**", "a/b/c", true},
      {"a/**", "a", false},
      {"a/**/c", "a/c", true},
      {"a/**/c", "a/b/b/c", true},
      {"a/**/c", "a/bc", false},
      {"**/*.go", "x/y.go", true},
      {"**/*.go", "y.go", true},
      {"a/**/*.go", "a/b/c.go", true},
      {"**/b/**", "a/b/c", true},
      {"**/b/**", "b/c", true},
      {"**/b/**", "b", false},
      {"a**/b", "axx/b", true},
      {"**/foo**", "x/foobar/y", true},
      {"a*/**/c", "ab/c", true},
      {"**b", "a/xb", true},
  };
  for (const PathRow& row : rows) {
    EXPECT_EQ(PathPattern(row.pattern, DoubleStar::kAnyFolders).matches(row.path), row.matches)
        << row.pattern << " " << row.path;
  }
}

TEST(PathPattern, MalformedOnesAreRefused) {
  for (const char* bad : {"[", "[]", "[a", "a[]b]", "[-a]", "[a-]", "[^]", "\\", "a\\", "[\\"}) {
    EXPECT_THROW(PathPattern(bad, DoubleStar::kAnyFolders), base::Error) << bad;
  }
}

TEST(PathPattern, TellsWhetherAnythingBelowAFolderMayMatch) {
  const PathRow rows[] = {
      {"a/b", "a", true},   {"a/b", "b", false},       {"a/b", "a/b", false}, {"a/b/c", "a", true},
      {"*/b", "x", true},   {"*.md", "docs", false},   {"**/b", "x/y", true}, {"a/**", "a", true},
      {"a/**", "b", false}, {"a*/**/c", "ab/d", true}, {"a*/c", "b", false},  {"abc", "a", false},
  };
  for (const PathRow& row : rows) {
    EXPECT_EQ(PathPattern(row.pattern, DoubleStar::kAnyFolders).may_match_below(row.path), row.matches)
        << row.pattern << " " << row.path;
  }
}

TEST(PathPattern, TakesNoLongerForPatternsMadeToBeSlow) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "**/*a*";
  EXPECT_FALSE(PathPattern(pattern + "b", DoubleStar::kAnyFolders).matches(std::string(2000, 'a')));
}

TEST(CleanPath, IsTheShortest) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "."},       {".", "."}, {"a//b/./c/", "a/b/c"}, {"a/../b", "b"}, {"../../a", "../../a"},
      {"/../a", "/a"}, {"/", "/"}, {"a/..", "."},          {"!a/", "!a"}};
  for (const auto& [path, clean] : rows) EXPECT_EQ(clean_path(path), clean) << path;
}

// Straight from the definition, by trying everything.
bool slow_match(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern.front() == '*') {
    for (std::size_t n = 0; n <= path.size(); ++n) {
      if (slow_match(pattern.substr(1), path.substr(n))) return true;
      if (n < path.size() && path[n] == '/') return false;
    }
    return false;
  }
  if (path.empty()) return false;
  if (pattern.front() == '?' ? path.front() == '/' : pattern.front() != path.front()) return false;
  return slow_match(pattern.substr(1), path.substr(1));
}

RC_GTEST_PROP(PathPatternProperty, IsWhatTheDefinitionSays, ()) {
  const auto pattern = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '/', '*', '?'));
  const auto path = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '/'));
  RC_ASSERT(PathPattern(pattern, DoubleStar::kAsStar).matches(path) == slow_match(pattern, path));
}

RC_GTEST_PROP(PathPatternProperty, NothingBelowMatchesWhereItSaysSo, ()) {
  const auto pattern = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '/', '*', '?'));
  const auto folder = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', 'b', '/')));
  const auto rest = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', 'b', '/')));
  const PathPattern compiled(pattern, DoubleStar::kAnyFolders);
  if (compiled.matches(folder + "/" + rest)) RC_ASSERT(compiled.may_match_below(folder));
}

}  // namespace
}  // namespace davit::dockerfile
