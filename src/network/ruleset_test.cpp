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
  EXPECT_TRUE(has(text, "    iifname \"br0\" ip daddr 127.0.0.0/8 drop"));
}

TEST(ForeignChainsTest, ThoseThatDropOnTheForwardHook) {
  const std::string listed =
      "table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n"
      "\tchain INPUT {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n"
      "table inet fw {\n\tchain fwd {\n\t\ttype filter hook forward priority 10; policy accept;\n\t}\n}\n"
      "table inet own {\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy drop;\n\t}\n}\n"
      "table bridge b {\n\tchain f {\n\t\ttype filter hook forward priority 0; policy drop;\n\t}\n}\n";
  EXPECT_EQ(dropping_forward_chains(listed, "own"), (std::vector<std::string>{"ip filter FORWARD"}));
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
