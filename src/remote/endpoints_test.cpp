#include "remote/endpoints.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::remote {
namespace {

oci::RepositoryName repository(const char* text) { return oci::RepositoryName::parse(text); }

RegistryRule rule(std::string prefix, std::string file = "registries.conf") {
  RegistryRule made;
  made.prefix = std::move(prefix);
  made.source = std::move(file);
  return made;
}

// "host/path", "+" before what is a mirror, "!" behind what is insecure; joined by spaces.
std::string shown(const std::vector<Endpoint>& endpoints) {
  std::string text;
  for (const Endpoint& endpoint : endpoints) {
    text += (text.empty() ? "" : " ") + std::string(endpoint.mirror ? "+" : "") + endpoint.repository.text() +
            (endpoint.insecure ? "!" : "");
  }
  return text;
}

std::string reading(const RegistryRules& rules, const char* name, bool by_digest = false) {
  return shown(reading_endpoints(rules, repository(name), by_digest));
}

std::string refusal(const RegistryRules& rules, const char* name) {
  try {
    reading_endpoints(rules, repository(name), false);
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kPermissionDenied);
    return e.message();
  }
  return "allowed";
}

TEST(EndpointsTest, WithoutRulesTheNameIsThePlace) {
  EXPECT_EQ(reading({}, "alpine"), "docker.io/library/alpine");
  EXPECT_EQ(reading({}, "r.example:5000/a/b"), "r.example:5000/a/b");
}

TEST(EndpointsTest, MirrorsInOrderThenTheLocation) {
  RegistryRule hub = rule("docker.io");
  hub.mirrors = {{.location = "m1.example:5000", .insecure = true}, {.location = "m2.example/hub"}};
  EXPECT_EQ(reading({.own = {}, .system = {hub}}, "alpine"),
            "+m1.example:5000/library/alpine! +m2.example/hub/library/alpine docker.io/library/alpine");
  EXPECT_EQ(reading({.own = {}, .system = {hub}}, "r.example/x"), "r.example/x");
}

TEST(EndpointsTest, LocationStandsInThePrefixesPlace) {
  RegistryRule moved = rule("example.com/foo");
  moved.location = "internal.example:5000/bar";
  moved.insecure = true;
  const RegistryRules rules{.own = {}, .system = {moved}};
  EXPECT_EQ(reading(rules, "example.com/foo/image"), "internal.example:5000/bar/image!");
  EXPECT_EQ(reading(rules, "example.com/foo"), "internal.example:5000/bar!");
  EXPECT_EQ(reading(rules, "example.com/food"), "example.com/food");
  EXPECT_EQ(reading(rules, "example.com/x/foo"), "example.com/x/foo");
}

TEST(EndpointsTest, TheLongestPrefixCounts) {
  RegistryRule host = rule("example.com"), space = rule("example.com/a"), repo = rule("example.com/a/b");
  host.location = "h.example", space.location = "s.example", repo.location = "r.example/x";
  const RegistryRules rules{.own = {}, .system = {repo, host, space}};
  EXPECT_EQ(reading(rules, "example.com/z"), "h.example/z");
  EXPECT_EQ(reading(rules, "example.com/a/z"), "s.example/z");
  EXPECT_EQ(reading(rules, "example.com/a/b"), "r.example/x");
}

TEST(EndpointsTest, AHostIsItsPortToo) {
  RegistryRule host = rule("example.com");
  host.blocked = true;
  EXPECT_EQ(refusal({.own = {}, .system = {host}}, "example.com:5000/a"), "allowed");
  EXPECT_EQ(refusal({.own = {}, .system = {host}}, "example.com/a"),
            "registry example.com is blocked in registries.conf");
}

TEST(EndpointsTest, AWildcardCoversHostsBelowTheDomain) {
  RegistryRule below = rule("*.example.com"), deeper = rule("*.b.example.com"), exact = rule("a.example.com");
  below.location = "w.example", deeper.location = "d.example", exact.location = "e.example";
  const RegistryRules rules{.own = {}, .system = {deeper, below, exact}};
  EXPECT_EQ(reading(rules, "x.example.com/i"), "w.example/i");
  EXPECT_EQ(reading(rules, "x.y.example.com:5000/i"), "w.example/i");
  EXPECT_EQ(reading(rules, "x.b.example.com/i"), "d.example/i");
  EXPECT_EQ(reading(rules, "a.example.com/i"), "e.example/i");
  EXPECT_EQ(reading(rules, "example.com/i"), "example.com/i");
  EXPECT_EQ(reading(rules, "o.example/x.example.com"), "o.example/x.example.com");
}

TEST(EndpointsTest, MirrorsMayServeTagsOrDigestsAlone) {
  RegistryRule hub = rule("docker.io");
  hub.mirrors = {{.location = "d.example", .insecure = {}, .use = MirrorUse::kByDigest},
                 {.location = "t.example", .insecure = {}, .use = MirrorUse::kByTag}};
  const RegistryRules rules{.own = {}, .system = {hub}};
  EXPECT_EQ(reading(rules, "a/b"), "+t.example/a/b docker.io/a/b");
  EXPECT_EQ(reading(rules, "a/b", true), "+d.example/a/b docker.io/a/b");
}

TEST(EndpointsTest, OwnRulesWinItemByItem) {
  RegistryRule system = rule("r.example");
  system.blocked = true;
  system.insecure = true;
  system.mirrors = {{.location = "m.example", .insecure = true}};
  RegistryRule own = rule("r.example", "davit.toml");
  own.blocked = false;
  EXPECT_EQ(reading({.own = {own}, .system = {system}}, "r.example/x"), "+m.example/x! r.example/x!");
  own.insecure = false;
  own.mirrors.emplace();
  EXPECT_EQ(reading({.own = {own}, .system = {system}}, "r.example/x"), "r.example/x");
  // Whatever the length of the prefix.
  system.prefix = "r.example/team";
  EXPECT_EQ(reading({.own = {own}, .system = {system}}, "r.example/team/x"), "r.example/team/x");
  own.blocked = true;
  EXPECT_EQ(refusal({.own = {own}, .system = {}}, "r.example/x"), "registry r.example is blocked in davit.toml");
}

TEST(EndpointsTest, WhatDavitTomlSaysOfAMirrorsHostWins) {
  RegistryRule hub = rule("docker.io"), mirror = rule("m.example", "davit.toml"), at = rule("r.example", "davit.toml");
  hub.mirrors = {{.location = "m.example", .insecure = true}};
  mirror.insecure = false;
  EXPECT_EQ(reading({.own = {mirror}, .system = {hub}}, "a/b"), "+m.example/a/b docker.io/a/b");
  mirror.insecure = true;
  at.location = "m.example/deep";
  EXPECT_EQ(reading({.own = {mirror, at}, .system = {}}, "r.example/b"), "m.example/deep/b!");
}

TEST(EndpointsTest, WritingGoesWhereTheNameSays) {
  RegistryRule moved = rule("r.example");
  moved.location = "l.example";
  moved.insecure = true;
  moved.mirrors = {{.location = "m.example"}};
  EXPECT_EQ(shown({writing_endpoint({.own = {}, .system = {moved}}, repository("r.example/x"))}), "r.example/x!");
  moved.blocked = true;
  EXPECT_THROW(writing_endpoint({.own = {}, .system = {moved}}, repository("r.example/x")), base::Error);
}

TEST(EndpointsTest, AHostAsAWhole) {
  RegistryRule team = rule("r.example/team"), host = rule("s.example:5000");
  team.blocked = true;
  host.insecure = true;
  const RegistryRules rules{.own = {}, .system = {team, host}};
  EXPECT_FALSE(is_insecure_host(rules, "r.example"));
  EXPECT_TRUE(is_insecure_host(rules, "s.example:5000"));
  host.blocked = true;
  EXPECT_THROW(is_insecure_host({.own = {}, .system = {host}}, "s.example:5000"), base::Error);
}

TEST(EndpointsTest, LocationsAndPrefixes) {
  for (const char* good :
       {"docker.io", "r.example", "r.example:5000/a/b", "localhost", "[::1]:5000", "docker.io/library"})
    EXPECT_TRUE(is_valid_location(good)) << good;
  for (const char* bad :
       {"", "/", "mirror", "mirror/x", "https://r.example", "r.example/", "r.example/A", "r.example//x",
        "r.example/x:tag", "r.example:port", "*.example.com", "index.docker.io", "r.example/x@sha256:a"})
    EXPECT_FALSE(is_valid_location(bad)) << bad;
  EXPECT_TRUE(is_valid_prefix("*.example.com"));
  for (const char* bad : {"*.", "*", "*.example.com/foo", "*.example.com:5000", "a.*.example", "*example.com"})
    EXPECT_FALSE(is_valid_prefix(bad)) << bad;
}

}  // namespace
}  // namespace davit::remote
