#include "dockerfile/expansion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"

namespace davit::dockerfile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Environment& test_variables() {
  static const Environment variables(
      {{"A", "abc"}, {"E", ""}, {"S", " x  y "}, {"P", "a/b/a/c.txt"}, {"한", "국"}, {"N", "a\nb"}, {"STAR", "*.txt"}});
  return variables;
}

std::string word(std::string_view text, const ExpandOptions& options = {}) {
  try {
    return expand_word(text, test_variables(), options);
  } catch (const base::Error& error) {
    return "error: " + error.message();
  }
}

struct ExpansionRow {
  const char* text;
  const char* word;
};

TEST(Expansion, QuotesAndEscapes) {
  const ExpansionRow rows[] = {
      {"plain", "plain"},
      {"a'b c'd", "ab cd"},
      {"a\"b 'c'\"", "ab 'c'"},
      {"'$A \\'", "$A \\"},
      {"\"$A\"", "abc"},
      {"\"a\\\"b\\$A\\\\ \\n\"", "a\"b$A\\ \\n"},
      {"\\$A \\\\ \\' \\x", "$A \\ ' x"},
      {"end\\", "end"},
      {"a < << b", "a < << b"},
      {"\"open",
       "error: failed to process \"\\\"open\": unexpected end of statement while looking for matching double-quote"},
      {"'open",
       "error: failed to process \"'open\": unexpected end of statement while looking for matching single-quote"},
  };
  for (const ExpansionRow& row : rows) EXPECT_EQ(word(row.text), row.word) << row.text;
}

TEST(Expansion, Names) {
  const ExpansionRow rows[] = {
      {"$A.$A", "abc.abc"}, {"${A}x", "abcx"}, {"$AB", ""},     {"$1x", "x"}, {"${1}", ""},
      {"$@x", "x"},         {"$$", ""},        {"$", "$"},      {"$.", "$."}, {"$한.", "국."},
      {"$é", ""},           {"${A_}", ""},     {"${한}", "국"},
  };
  for (const ExpansionRow& row : rows) EXPECT_EQ(word(row.text), row.word) << row.text;
}

TEST(Expansion, DefaultsAndDemands) {
  const ExpansionRow rows[] = {
      {"${X:-w}${X-w}", "ww"},
      {"${E:-w}${E-w}", "w"},
      {"${A:-w}${A-w}", "abcabc"},
      {"${A:+w}${E:+w}${E+v}${X+w}${X:+w}", "wv"},
      {"${X:-${Y:-${A}}}", "abc"},
      {"${X:-\"a }\" b}", "a } b"},
      {"${X:-a\\}b}", "a}b"},
      {"${A:?m}${A?m}${E?m}", "abcabc"},
      {"${X?}", "error: failed to process \"${X?}\": X: is not allowed to be unset"},
      {"${E:?}", "error: failed to process \"${E:?}\": E: is not allowed to be empty"},
      {"${X:?need $A}", "error: failed to process \"${X:?need $A}\": X: need abc"},
  };
  for (const ExpansionRow& row : rows) EXPECT_EQ(word(row.text), row.word) << row.text;
}

TEST(Expansion, PrefixesAndSuffixes) {
  const ExpansionRow rows[] = {
      {"${P#*/}", "b/a/c.txt"},
      {"${P##*/}", "c.txt"},
      {"${P%/*}", "a/b/a"},
      {"${P%%/*}", "a"},
      {"${P#b}", "a/b/a/c.txt"},
      {"${A#?}", "bc"},
      {"${A%?}", "ab"},
      {"${A##*}", ""},
      {"${A#*}", "abc"},
      {"${A%%*}", ""},
      {"${P%.txt}", "a/b/a/c"},
      {"${P%$STAR}", "a/b/a/c"},
      {"${P%%$STAR}", ""},
      {"${X#a}", ""},
      {"${N##*}", "\nb"},
      {"${한#?}", ""},
      {"${A#\\a}",
       "error: failed to process \"${A#\\\\a}\": invalid pattern (\\a) in substitution: invalid escape '\\a'"},
  };
  for (const ExpansionRow& row : rows) EXPECT_EQ(word(row.text), row.word) << row.text;
}

TEST(Expansion, Replacements) {
  const ExpansionRow rows[] = {
      {"${P/a/X}", "X/b/a/c.txt"},
      {"${P//a/X}", "X/b/X/c.txt"},
      {"${P//\\//-}", "a-b-a-c.txt"},
      {"${P/b*c/X}", "a/X.txt"},
      {"${P//?\\//}", "c.txt"},
      {"${P/z/X}", "a/b/a/c.txt"},
      {"${A//*/X}", "X"},
      {"${A/b/${E:-$A}}", "aabcc"},
      {"${A///-}", "-a-b-c-"},
      {"${N//*/X}", "X\nX"},
      {"${A/b/\\/}", "a\\/c"},
      {"${A//b/\\$1}", "a\\$1c"},
      {"${A//ww}", "error: failed to process \"${A//ww}\": syntax error: missing '/' in ${}"},
      {"${A/b/x", "error: failed to process \"${A/b/x\": syntax error: missing '}'"},
  };
  for (const ExpansionRow& row : rows) EXPECT_EQ(word(row.text), row.word) << row.text;
}

TEST(Expansion, MistakesInBraces) {
  const ExpansionRow rows[] = {
      {"${A", "syntax error: missing '}'"},
      {"${", "syntax error: missing '}'"},
      {"${A:-", "syntax error: missing '}'"},
      {"${}", "syntax error: bad substitution"},
      {"${:-a}", "syntax error: bad substitution"},
      {"${{A}", "syntax error: bad substitution"},
      {"${.}", "unsupported modifier (.) in substitution"},
      {"${A=b}", "unsupported modifier (=) in substitution"},
      {"${A:=b}", "unsupported modifier (:=) in substitution"},
      {"${A:#b}", "unsupported modifier (:#) in substitution"},
  };
  for (const ExpansionRow& row : rows) EXPECT_THAT(word(row.text), HasSubstr(std::string(": ") + row.word)) << row.text;
}

TEST(Expansion, IsBoundedInDepth) {
  std::string deep = "x";
  for (int i = 0; i < 20'000; ++i) deep = "${X:-" + deep + "}";
  EXPECT_THAT(word(deep), HasSubstr("substitutions are nested too deeply"));
}

TEST(Expansion, OfAHeredocLeavesQuotesAlone) {
  EXPECT_EQ(word("it's \"$A\" \\$A '${A}'\n", {.literal_quotes = true}), "it's \"abc\" $A 'abc'\n");
}

TEST(Expansion, OtherEscapeCharacterAndKeptParts) {
  EXPECT_EQ(word("C:\\$A `$A", {.escape = '`'}), "C:\\abc $A");
  EXPECT_EQ(word("'a' \"$A\" \\b", {.keep_quotes = true, .keep_escapes = true}), "'a' \"abc\" \\b");
  EXPECT_EQ(word("$X ${X} ${X:-a} ${X#b} ${X/c/d} $A", {.keep_unset = true}), "$X ${X} ${X:-a} ${X#b} ${X/c/d} abc");
}

TEST(Expansion, WordsAreSplitAfterwards) {
  const auto words = [](std::string_view text) { return expand_words(text, test_variables()); };
  EXPECT_THAT(words(" a  b "), ElementsAre("a", "b"));
  EXPECT_THAT(words("a$S.b"), ElementsAre("a", "x", "y", ".b"));
  EXPECT_THAT(words("a\"$S\"b"), ElementsAre("a x  y b"));
  EXPECT_THAT(words("a\\ b 'c d' ''"), ElementsAre("a b", "c d"));
  EXPECT_THAT(words("a${X:-b c}d"), ElementsAre("ab", "cd"));
  EXPECT_THAT(words("$E"), ElementsAre());
}

TEST(Expansion, TellsWhatWasUsed) {
  VariableUse use;
  expand_word("$A ${X:-$Y} '$Z' ${E:+$P} ${A/$P/}", test_variables(), {}, &use);
  EXPECT_THAT(use.matched, ElementsAre("A", "E", "P"));
  EXPECT_THAT(use.unmatched, ElementsAre("X", "Y"));
}

TEST(Environment, KeepsTheOrderInWhichNamesCame) {
  Environment environment({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  environment.set("b", "4");
  environment.remove("a");
  environment.remove("nothing");
  environment.set("a", "5");
  EXPECT_THAT(environment.names(), ElementsAre("b", "c", "a"));
  EXPECT_EQ(environment.get("b"), "4");
  EXPECT_EQ(environment.get("c"), "3");
  EXPECT_EQ(environment.get("x"), std::nullopt);
}

RC_GTEST_PROP(ExpansionProperty, TextInSingleQuotesIsItself, (std::string text)) {
  std::erase_if(text, [](char c) { return c == '\'' || (c & 0x80) != 0; });
  RC_ASSERT(expand_word("'" + text + "'", test_variables()) == text);
}

RC_GTEST_PROP(ExpansionProperty, EscapedTextIsItself, (std::string text)) {
  std::erase_if(text, [](char c) { return (c & 0x80) != 0; });
  std::string escaped;
  for (const char c : text) escaped += std::string("\\") + c;
  RC_ASSERT(expand_word(escaped, test_variables()) == text);
}

}  // namespace
}  // namespace davit::dockerfile
