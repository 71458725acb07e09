#include "registry/access.h"

#include <gtest/gtest.h>

namespace davit::registry {
namespace {

using enum Action;

const AccessRules kRules = {.rules = {{"team/secret/**", {"@leads"}, {kPull, kPush}},
                                      {"team/secret/**", {"*"}, {}},
                                      {"team/*", {"alice", "@leads"}, {kAdmin}},
                                      {"**", {"anonymous", "*"}, {kPull}}},
                            .groups = {{"leads", {"zoe"}}}};

TEST(Access, TheFirstRuleThatFitsDecides) {
  EXPECT_TRUE(kRules.allow("zoe", kPush, "team/secret/a"));
  EXPECT_FALSE(kRules.allow("zoe", kDelete, "team/secret/a"));
  EXPECT_FALSE(kRules.allow("alice", kPull, "team/secret/a"));
  EXPECT_TRUE(kRules.allow("", kPull, "team/secret/a"));  // "*" are those who show credentials
  EXPECT_TRUE(kRules.allow("alice", kDelete, "team/app"));
  EXPECT_FALSE(kRules.allow("alice", kPush, "team/a/b"));
  EXPECT_TRUE(kRules.allow("bob", kPull, "x"));
  EXPECT_FALSE(kRules.allow("bob", kPush, "x"));
  EXPECT_TRUE(AccessRules().allow("", kDelete, "x"));
}

TEST(Access, AnonymousIsNobodysName) {
  EXPECT_FALSE((AccessRules{.rules = {{"**", {"anonymous"}, {kPull}}}}).allow("anonymous", kPull, "x"));
  EXPECT_FALSE((AccessRules{.rules = {{"**", {"*"}, {kPull}}}}).allow("", kPull, "x"));
}

TEST(Access, ATokenGrantsWhatItSaysAndNothingElse) {
  const Caller caller{.user = "zoe", .grants = std::vector<Grant>{{"team/secret/a", {kPull}}}};
  EXPECT_TRUE(may(kRules, caller, kPull, "team/secret/a"));
  EXPECT_FALSE(may(kRules, caller, kPush, "team/secret/a"));
  EXPECT_FALSE(may(kRules, caller, kPull, "x"));
  EXPECT_FALSE(may(AccessRules(), caller, kPull, "x"));
}

TEST(Access, AForeignTokenGrantsWhatTheRulesAllowItsSubject) {
  const AccessRules rules{.rules = {{"team/**", {"ci:alice"}, {kPull, kPush}}, {"all/*", {"ci:*"}, {kPull}}}};
  Caller caller{.user = "ci:alice",
                .grants = std::vector<Grant>{{"team/a", {kPull, kDelete}}, {"all/a", {kPull}}, {"x", {kPull}}},
                .foreign = true};
  EXPECT_TRUE(may(rules, caller, kPull, "team/a") && may(rules, caller, kPull, "all/a"));
  EXPECT_FALSE(may(rules, caller, kPush, "team/a"));    // not granted
  EXPECT_FALSE(may(rules, caller, kDelete, "team/a"));  // not allowed
  EXPECT_FALSE(may(rules, caller, kPull, "x"));
  caller.user = "other:alice";
  EXPECT_FALSE(may(rules, caller, kPull, "team/a") || may(rules, caller, kPull, "all/a"));
  caller.user = "alice";
  EXPECT_FALSE(may(rules, caller, kPull, "team/a") || may(rules, caller, kPull, "all/a"));
}

TEST(Access, StarsStopAtSlashes) {
  EXPECT_TRUE(fits("a/*", "a/b") && fits("**", "a/b/c") && fits("a/**/z", "a/b/c/z") && fits("*-ci", "x-ci") &&
              fits("a", "a"));
  EXPECT_FALSE(fits("a/*", "a/b/c") || fits("*", "a/b") || fits("a", "ab") || fits("", "a") || fits("a/**", "b/a/c"));
}

TEST(Access, ActionsHaveNames) {
  for (const auto action : {kPull, kPush, kDelete, kAdmin}) EXPECT_EQ(parse_action(name(action)), action);
  EXPECT_EQ(parse_action("fly"), std::nullopt);
}

}  // namespace
}  // namespace davit::registry
