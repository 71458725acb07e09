#include "oci/version.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "oci/generators.h"

namespace davit::oci {
namespace {

TEST(Version, ReadsAllItsParts) {
  const std::optional<Version> version = Version::parse("v1.20.300-rc.1+build.5");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->major, 1U);
  EXPECT_EQ(version->minor, 20U);
  EXPECT_EQ(version->patch, 300U);
  EXPECT_EQ(version->prerelease, (std::vector<std::string>{"rc", "1"}));
  EXPECT_EQ(version->build, "build.5");
  EXPECT_EQ(version->text(), "1.20.300-rc.1+build.5");
}

TEST(Version, KeepsDashesInsideIdentifiers) {
  EXPECT_EQ(Version::parse("1.0.0-x-y-z.--")->prerelease, (std::vector<std::string>{"x-y-z", "--"}));
  EXPECT_EQ(Version::parse("1.0.0+a-b")->build, "a-b");
}

TEST(Version, IsNothingElse) {
  for (const char* text :
       {"",       "v",      "1",          "1.2",      "latest", "1.2.3.4",    "01.2.3",    "1.02.3",
        "1.2.03", "1.2.3-", "1.2.3-a..b", "1.2.3-01", "1.2.3+", "1.2.3+a..b", "1.2.3+a+b", "vv1.2.3",
        "V1.2.3", " 1.2.3", "1.2.3 ",     "-1.2.3",   "+1.2.3", "1.2.x",      "1.2.3-ä",   "18446744073709551616.0.0",
        "1..3"}) {
    EXPECT_FALSE(Version::parse(text)) << text;
  }
  EXPECT_TRUE(Version::parse("18446744073709551615.0.0"));
}

TEST(Version, OrdersAsSemverSays) {
  const std::vector<std::string> ascending = {"1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                                              "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                                              "1.0.1",        "1.9.0",         "1.10.0",           "2.0.0"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(*Version::parse(ascending[i]) < *Version::parse(ascending[j]), i < j)
          << ascending[i] << " " << ascending[j];
    }
  }
}

TEST(Version, IgnoresBuildMetadataInTheOrder) { EXPECT_EQ(*Version::parse("1.0.0+a"), *Version::parse("1.0.0+b")); }

RC_GTEST_PROP(VersionProperty, TextIsReadBack, (const Version& version)) {
  const std::optional<Version> again = Version::parse(version.text());
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == version);
  RC_ASSERT(again->text() == version.text());
  RC_ASSERT(again->build == version.build);
  RC_ASSERT(Version::parse("v" + version.text())->text() == version.text());
}

RC_GTEST_PROP(VersionProperty, OrderIsAStrictWeakOrder, (const Version& x, const Version& y, const Version& z)) {
  Version a = x, b = y, c = z;
  b.major = c.major = a.major;  // else the rest would hardly ever decide
  RC_ASSERT(!(a < a));
  RC_ASSERT(!(a < b && b < a));
  RC_ASSERT(int(a < b) + int(b < a) + int(a == b) == 1);
  if (a < b && b < c) RC_ASSERT(a < c);
  if (a == b && b == c) RC_ASSERT(a == c);
  if (a == b && b < c) RC_ASSERT(a < c);
}

}  // namespace
}  // namespace davit::oci
