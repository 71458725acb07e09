#include "operations/filters.h"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::operations {
namespace {

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

base::Time at(const char* text) { return base::parse_rfc3339(text).value(); }

const base::Time kNow = at("2026-11-23T12:00:00Z");

TEST(Filters, NamesAreLowerCaseAndBlanksAreTakenOff) {
  const Filters filters = Filters::parse({" Label = a=b ", "", "label=a=b", "label=c"});
  EXPECT_EQ(filters.values("label"), (std::vector<std::string>{"a=b", "c"}));
  EXPECT_TRUE(filters.has("label"));
  EXPECT_FALSE(filters.has("until"));
  EXPECT_TRUE(filters.values("until").empty());
}

TEST(Filters, WithoutAnEqualsSignThereIsNoFilter) {
  EXPECT_EQ(error_of([] { Filters::parse({"dangling"}); }), "bad format of filter (expected name=value)");
}

TEST(Filters, UnknownNamesAreNamed) {
  EXPECT_EQ(error_of([] { Filters::parse({"nope=1"}).allow_only({"label", "until"}); }), "Invalid filter 'nope'");
  Filters::parse({"label=1"}).allow_only({"label", "until"});
}

TEST(Filters, BooleansAreTrueOrFalse) {
  EXPECT_EQ(Filters::parse({}).boolean("dangling"), std::nullopt);
  EXPECT_EQ(Filters::parse({"dangling=true"}).boolean("dangling"), true);
  EXPECT_EQ(Filters::parse({"dangling=1"}).boolean("dangling"), true);
  EXPECT_EQ(Filters::parse({"dangling=false"}).boolean("dangling"), false);
  EXPECT_EQ(error_of([] { Filters::parse({"dangling=yes"}).boolean("dangling"); }), "Invalid filter 'dangling=[yes]'");
}

TEST(Filters, EveryLabelMustHold) {
  const std::map<std::string, std::string> labels = {{"a", "1"}, {"b", ""}, {"c", "x=y"}};
  const auto match = [&](std::vector<std::string> texts) { return Filters::parse(texts).labels_match(labels); };
  EXPECT_TRUE(match({}));
  EXPECT_TRUE(match({"label=a"}));
  EXPECT_TRUE(match({"label=a=1", "label=b"}));
  EXPECT_TRUE(match({"label=c=x=y"}));
  EXPECT_FALSE(match({"label=a=2"}));
  EXPECT_FALSE(match({"label=a", "label=d"}));
  EXPECT_TRUE(match({"label!=d"}));
  EXPECT_FALSE(match({"label!=a"}));
  EXPECT_FALSE(match({"label!=a=1"}));
  EXPECT_TRUE(match({"label!=a=2"}));
  EXPECT_FALSE(match({"label!=d", "label!=b"}));
}

TEST(Filters, UntilIsTheEarliestMomentGiven) {
  EXPECT_EQ(Filters::parse({}).until(kNow), std::nullopt);
  EXPECT_EQ(Filters::parse({"until=1h"}).until(kNow), at("2026-11-23T11:00:00Z"));
  EXPECT_EQ(Filters::parse({"until=1h", "until=2026-11-23T10:30:00Z"}).until(kNow), at("2026-11-23T10:30:00Z"));
}

TEST(ParseMoment, TakesWhatDockerTakes) {
  EXPECT_EQ(parse_moment("24h", kNow), at("2026-11-22T12:00:00Z"));
  EXPECT_EQ(parse_moment("1h30m", kNow), at("2026-11-23T10:30:00Z"));
  EXPECT_EQ(parse_moment("2026-11-23T10:30:55.5+01:00", kNow), at("2026-11-23T09:30:55.5Z"));
  EXPECT_EQ(parse_moment("2026-11-23T10:30Z", kNow), at("2026-11-23T10:30:00Z"));
  EXPECT_EQ(parse_moment("2026-11-23T10Z", kNow), at("2026-11-23T10:00:00Z"));
  EXPECT_EQ(parse_moment("2026-11-23Z", kNow), at("2026-11-23T00:00:00Z"));
  EXPECT_EQ(parse_moment("2026-11-23+02:00", kNow), at("2026-11-22T22:00:00Z"));
  EXPECT_EQ(parse_moment("1136073845", kNow), at("2006-01-01T00:04:05Z"));
  EXPECT_EQ(parse_moment("1136073845.000000001", kNow), at("2006-01-01T00:04:05.000000001Z"));
  EXPECT_EQ(parse_moment("0", kNow), at("1970-01-01T00:00:00Z"));
}

TEST(ParseMoment, WithoutAZoneItIsLocalTime) {
  const char* before = std::getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TZ", "XYZ-3", 1);  // three hours east
  tzset();
  EXPECT_EQ(parse_moment("2026-11-23T10:30:00", kNow), at("2026-11-23T07:30:00Z"));
  EXPECT_EQ(parse_moment("2026-11-23", kNow), at("2026-11-22T21:00:00Z"));
  if (before == nullptr) {
    unsetenv("TZ");
  } else {
    setenv("TZ", kept.c_str(), 1);
  }
  tzset();
}

TEST(ParseMoment, AnythingElseIsNamed) {
  for (const std::string text :
       {"", "x", "2026-13-01", "2026-11-23T", "2026-1-2", "1.1234567890", "1.-5", "99999999999999"}) {
    EXPECT_EQ(error_of([&] { parse_moment(text, kNow); }),
              "failed to parse value as time or duration: \"" + text + "\"");
  }
}

TEST(PathMatches, AsGoDoes) {
  struct Case {
    const char* pattern;
    const char* text;
    bool matches;
  };
  for (const Case& c : {
           Case{"abc", "abc", true},
           {"*", "abc", true},
           {"*c", "abc", true},
           {"a*", "a", true},
           {"a*", "abc", true},
           {"a*", "ab/c", false},
           {"a*/b", "abc/b", true},
           {"a*/b", "a/c/b", false},
           {"a*b*c*d*e*/f", "axbxcxdxe/f", true},
           {"a*b?c*x", "abxbbxdbxebxczzx", true},
           {"a*b?c*x", "abxbbxdbxebxczzy", false},
           {"ab[c]", "abc", true},
           {"ab[b-d]", "abc", true},
           {"ab[e-g]", "abc", false},
           {"ab[^c]", "abc", false},
           {"ab[^e-g]", "abc", true},
           {"a\\*b", "a*b", true},
           {"a\\*b", "ab", false},
           {"a?b", "a☺b", true},
           {"a[^a]b", "a☺b", true},
           {"a???b", "a☺b", false},
           {"[a-ζ]*", "α", true},
           {"*[a-ζ]", "A", false},
           {"a?b", "a/b", false},
           {"a*b", "a/b", false},
           {"[\\]a]", "]", true},
           {"[x\\-]", "-", true},
           {"*x", "xxx", true},
           {"", "", true},
           {"*", "", true},
           {"team/*", "team/app", true},
           {"team/*", "team/app/x", false},
           {"*:1.*", "app:1.0.0", true},
       }) {
    EXPECT_EQ(path_matches(c.pattern, c.text), c.matches) << c.pattern << " " << c.text;
  }
}

TEST(PathMatches, AMalformedPatternIsRefused) {
  for (const char* pattern : {"[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "a[b", "a*["}) {
    EXPECT_EQ(error_of([&] { path_matches(pattern, "a"); }), "syntax error in pattern") << pattern;
  }
}

}  // namespace
}  // namespace davit::operations
