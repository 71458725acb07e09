#include "network/ruleset.h"

#include <gtest/gtest.h>

#include "network/host_changes.h"
#include "network/name_service.h"

namespace davit::network {
namespace {

BridgeRules bridge(const char* name, const char* subnet) {
  BridgeRules rules;
  rules.bridge = name;
  rules.subnets = {*Subnet::parse(subnet)};
  return rules;
}

PublishedPort port(Protocol protocol, const char* host, std::vector<Target> targets) {
  return {protocol, *Address::parse(host), 8080, std::move(targets)};
}

bool has(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

TEST(RulesetTest, IsReplacedInOneTransaction) {
  const auto text = replace_text({.table = "davit-1"});
  EXPECT_TRUE(text.starts_with("add table inet davit-1\ndelete table inet davit-1\ntable inet davit-1 {\n"));
  EXPECT_EQ(remove_text("davit-1"), "add table inet davit-1\ndelete table inet davit-1\n");
}

TEST(RulesetTest, PortsOfEachProtocolHaveAChainOfTheirOwn) {
  const Ruleset rules = {.table = "t",
                         .bridges = {bridge("br0", "10.1.0.0/24")},
                         .ports = {port(Protocol::kTcp, "0.0.0.0", {{*Address::parse("10.1.0.2"), 80}}),
                                   port(Protocol::kSctp, "127.0.0.1", {{*Address::parse("10.1.0.3"), 81}}),
                                   port(Protocol::kUdp, "::", {{*Address::parse("fd00::2"), 82}})}};
  const auto text = replace_text(rules);
  EXPECT_TRUE(has(text, "    meta l4proto tcp dnat ip to 10.1.0.2:80"));
  EXPECT_TRUE(has(text, "    meta l4proto sctp dnat ip to 10.1.0.3:81"));
  EXPECT_TRUE(has(text, "    meta l4proto udp dnat ip6 to [fd00::2]:82"));
  EXPECT_TRUE(has(text, "    ip daddr 127.0.0.1 sctp dport 8080 jump sctp_8080_v4_127_0_0_1"));
  EXPECT_TRUE(has(text, "    meta nfproto ipv4 tcp dport 8080 jump tcp_8080_v4_any"));
  EXPECT_TRUE(has(text, "    fib daddr type local jump ports"));
  EXPECT_TRUE(has(text, "    ip6 daddr ::1 return"));
}

TEST(RulesetTest, SeveralTargetsTakeTurns) {
  const Ruleset rules = {.table = "t",
                         .ports = {port(Protocol::kTcp, "0.0.0.0",
                                        {{*Address::parse("10.1.0.2"), 80}, {*Address::parse("10.1.0.3"), 80}})}};
  EXPECT_TRUE(has(replace_text(rules),
                  "    meta l4proto tcp dnat ip to numgen inc mod 2 map { 0 : 10.1.0.2 . 80, 1 : 10.1.0.3 . 80 }"));
}

TEST(RulesetTest, BridgesAreKeptApart) {
  auto inner = bridge("br1", "10.2.0.0/24"), quiet = bridge("br2", "10.3.0.0/24");
  inner.internal = true;
  quiet.talkative = false;
  quiet.masquerade = false;
  const auto text = replace_text({.table = "t", .bridges = {bridge("br0", "10.1.0.0/24"), inner, quiet}});
  EXPECT_TRUE(has(text, "    iifname \"br0\" oifname \"br0\" accept"));
  EXPECT_TRUE(has(text, "    iifname \"br2\" oifname \"br2\" ct status dnat accept"));
  EXPECT_TRUE(has(text, "    iifname \"br1\" oifname != \"br1\" drop"));
  EXPECT_TRUE(has(text, "    oifname != \"br0\" ip saddr 10.1.0.0/24 masquerade"));
  EXPECT_FALSE(has(text, "    oifname != \"br1\" ip saddr 10.2.0.0/24 masquerade"));
  EXPECT_FALSE(has(text, "    oifname != \"br2\" ip saddr 10.3.0.0/24 masquerade"));
}

TEST(RulesetTest, LoopbackIsTheHostsOwn) {
  const auto text = replace_text({.table = "t", .bridges = {bridge("br0", "10.1.0.0/24")}});
  EXPECT_TRUE(has(text, "    iifname != \"lo\" ip daddr 127.0.0.0/8 drop"));
  EXPECT_TRUE(has(text, "    iifname \"br0\" ip saddr 127.0.0.0/8 drop"));
}

TEST(RulesetTest, LoopbackIsAnsweredOnlyForPortsThatArePublishedThere) {
  const auto here = bridge("br0", "10.1.0.0/24"), elsewhere = bridge("br1", "10.2.0.0/24");
  const Target target = {*Address::parse("10.1.0.2"), 80};
  for (const char* host : {"0.0.0.0", "127.0.0.1"}) {
    EXPECT_TRUE(answers_on_loopback(here, {port(Protocol::kTcp, host, {target})})) << host;
    EXPECT_FALSE(answers_on_loopback(elsewhere, {port(Protocol::kTcp, host, {target})})) << host;
  }
  EXPECT_FALSE(answers_on_loopback(here, {port(Protocol::kTcp, "192.0.2.1", {target})}));
  EXPECT_FALSE(answers_on_loopback(here, {port(Protocol::kTcp, "::", {target})}));
}

TEST(RulesetTest, TheHostIsNoRouterBetweenItsOwnLinks) {
  const auto text = replace_text({.table = "t",
                                  .bridges = {bridge("br0", "10.1.0.0/24")},
                                  .barriers = {{Family::kV4, {"eth0", "wg0", "odd*", "o\"d"}}, {Family::kV6, {}}}});
  EXPECT_TRUE(has(text, "    meta nfproto ipv4 iifname { \"eth0\", \"wg0\" } oifname { \"eth0\", \"wg0\" } drop"));
  EXPECT_EQ(text.find("nfproto ipv6 iifname"), std::string::npos);
}

TEST(RulesetTest, ContainersOfOtherEnginesAreReachedByWhatTheyPublish) {
  Ruleset rules = {.table = "t", .bridges = {bridge("br0", "10.1.0.0/24")}};
  EXPECT_EQ(replace_text(rules).find("docker0"), std::string::npos);
  rules.keeps_from_others = true;
  rules.uplinks = {"br-lan"};
  const auto text = replace_text(rules);
  EXPECT_TRUE(has(text, "    iifname { \"br0\" } oifname \"docker0\" oifname != { \"br0\", \"br-lan\" } drop"));
  EXPECT_TRUE(
      has(text, "    iifname { \"br0\" } oifname \"br-*\" oifname != { \"br0\", \"br-lan\" } ct status dnat accept"));
}

TEST(ForeignChainsTest, ThoseThatLetNothingThroughByThemselves) {
  const std::string listed =
      "table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n"
      "\tchain INPUT {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n"
      "\tchain OUTPUT {\n\t\ttype filter hook output priority filter; policy drop;\n\t}\n}\n"
      "table inet fw {\n\tchain fwd {\n\t\ttype filter hook forward priority 10; policy accept;\n\t}\n}\n"
      "table inet firewalld {\n\tchain filter_FORWARD {\n\t\ttype filter hook forward priority 10; policy "
      "accept;\n\t}\n}\n"
      "table inet own {\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy drop;\n\t}\n}\n"
      "table bridge b {\n\tchain f {\n\t\ttype filter hook forward priority 0; policy drop;\n\t}\n}\n";
  EXPECT_EQ(closed_chains(listed, "own"),
            (std::vector<ForeignChain>{
                {"ip filter FORWARD", false}, {"ip filter INPUT", true}, {"inet firewalld filter_FORWARD", false}}));
}

TEST(ZoneTest, AsAardvarkReadsIt) {
  const Zone zone = {.network = "n",
                     .gateways = {*Address::parse("10.1.0.1"), *Address::parse("fd00::1")},
                     .places = {{"c1", Address::parse("10.1.0.2"), Address::parse("fd00::2"), {"one", "db"}, {}},
                                {"c2", Address::parse("10.1.0.3"), {}, {"two"}, {"1.1.1.1", "8.8.8.8"}}}};
  EXPECT_EQ(zone_text(zone), "10.1.0.1,fd00::1\nc1 10.1.0.2 fd00::2 one,db\nc2 10.1.0.3  two 1.1.1.1,8.8.8.8\n");
}

}  // namespace
}  // namespace davit::network
