#include "network/ruleset.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/strings.h"

namespace davit::network {

namespace {

// "br-a", "br-b": the elements of an anonymous set.
std::string quoted(const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const auto& name : names) parts.push_back("\"" + name + "\"");
  return "{ " + base::join(parts, ", ") + " }";
}

const char* family_word(Family family) { return family == Family::kV4 ? "ip" : "ip6"; }

// The chain that a port's connections are sent to.
std::string chain_of(const PublishedPort& port) {
  std::string address = port.host.is_any() ? "any" : port.host.text();
  for (char& c : address) {
    if (c == '.' || c == ':') c = '_';
  }
  return fmt::format("{}_{}_{}_{}", name(port.protocol), port.port, port.host.is_v6() ? "v6" : "v4", address);
}

std::string translate(const PublishedPort& port) {
  const auto dnat = fmt::format("meta l4proto {} dnat {} to", name(port.protocol), family_word(port.host.family()));
  if (port.targets.size() == 1) return dnat + " " + port.targets[0].address.with_port(port.targets[0].port);
  std::vector<std::string> turns;
  for (std::size_t i = 0; i < port.targets.size(); ++i) {
    const auto& target = port.targets[i];
    turns.push_back(fmt::format("{} : {} . {}", i, target.address.text(), target.port));
  }
  return fmt::format("{} numgen inc mod {} map {{ {} }}", dnat, turns.size(), base::join(turns, ", "));
}

// Connections to one of the host's addresses, and only those: what is meant for other hosts passes.
std::string dispatch_chain(const std::vector<PublishedPort>& ports) {
  std::string text = "  chain ports {\n";
  // IPv6 has no route_localnet: a connection to ::1 that were translated would hang.
  text += "    ip6 daddr ::1 return\n";
  // The ones for an address of their own go first.
  for (const bool any : {false, true}) {
    for (const auto& port : ports) {
      if (port.host.is_any() != any) continue;
      const char* family = family_word(port.host.family());
      const auto meant = any ? fmt::format("meta nfproto {}", port.host.is_v6() ? "ipv6" : "ipv4")
                             : fmt::format("{} daddr {}", family, port.host.text());
      text += fmt::format("    {} {} dport {} jump {}\n", meant, name(port.protocol), port.port, chain_of(port));
    }
  }
  return text + "  }\n";
}

std::string port_chains(const std::vector<PublishedPort>& ports) {
  std::string text;
  for (const auto& port : ports) {
    text += fmt::format("  chain {} {{\n    {}\n  }}\n", chain_of(port), translate(port));
  }
  return text + dispatch_chain(ports);
}

std::string translation_chains(const Ruleset& rules) {
  std::string text = port_chains(rules.ports);
  for (const auto& [hook, priority] : {std::pair("prerouting", "dstnat"), std::pair("output", "-100")}) {
    text += fmt::format(
        "  chain {0} {{\n    type nat hook {0} priority {1}; policy accept;\n    fib daddr type local jump ports\n  "
        "}}\n",
        hook, priority);
  }
  text += "  chain postrouting {\n    type nat hook postrouting priority srcnat; policy accept;\n";
  for (const auto& bridge : rules.bridges) {
    for (const auto& subnet : bridge.subnets) {
      const char* family = family_word(subnet.family());
      // A container that calls a published port, its own too: the answer must come back through us.
      text += fmt::format("    oifname \"{}\" {} saddr {} ct status dnat masquerade\n", bridge.bridge, family,
                          subnet.text());
      if (bridge.internal || !bridge.masquerade) continue;
      text += fmt::format("    oifname != \"{}\" {} saddr {} masquerade\n", bridge.bridge, family, subnet.text());
    }
    // The host that calls by 127.0.0.1: no container could answer that.
    text += fmt::format("    oifname \"{}\" ip saddr 127.0.0.0/8 masquerade\n", bridge.bridge);
  }
  return text + "  }\n";
}

// A name of a link as an element of a set; one that ends in a star would mean others too.
bool is_plain(const std::string& link) { return link.find_first_of("\"*\\") == std::string::npos; }

// The host was no router between its own links before containers needed it to be one.
std::string barrier_rules(const std::vector<Barrier>& barriers) {
  std::string text;
  for (const auto& barrier : barriers) {
    std::vector<std::string> links;
    std::copy_if(barrier.links.begin(), barrier.links.end(), std::back_inserter(links), is_plain);
    if (links.empty()) continue;
    text += fmt::format("    meta nfproto {0} iifname {1} oifname {1} drop\n",
                        barrier.family == Family::kV4 ? "ipv4" : "ipv6", quoted(links));
  }
  return text;
}

std::string rules_beside_others(const Ruleset& rules, const std::vector<std::string>& own) {
  if (!rules.keeps_from_others) return {};
  auto excepted = own;
  std::copy_if(rules.uplinks.begin(), rules.uplinks.end(), std::back_inserter(excepted), is_plain);
  std::string text;
  for (const char* theirs : {"docker0", "docker_gwbridge", "br-*"}) {
    const auto meant =
        fmt::format("    iifname {} oifname \"{}\" oifname != {}", quoted(own), theirs, quoted(excepted));
    text += meant + " ct status dnat accept\n" + meant + " drop\n";
  }
  return text;
}

// What may pass between a bridge and the rest of the world, in this order.
std::string forward_chain(const Ruleset& rules) {
  std::vector<std::string> all;
  std::string own, internal;
  for (const auto& bridge : rules.bridges) {
    all.push_back(bridge.bridge);
    if (bridge.internal) {
      internal += fmt::format(
          "    iifname \"{0}\" oifname != \"{0}\" drop\n    oifname \"{0}\" iifname != \"{0}\" drop\n", bridge.bridge);
    }
    own += fmt::format("    iifname \"{0}\" oifname \"{0}\" {1}\n", bridge.bridge,
                       bridge.talkative ? "accept" : "ct status dnat accept");
  }
  std::string text = "  chain forward {\n    type filter hook forward priority filter; policy accept;\n";
  text += barrier_rules(rules.barriers);
  if (!all.empty()) {
    text += fmt::format(
        "    iifname {0} ct state established,related accept\n    oifname {0} ct state established,related accept\n",
        quoted(all));
    text += internal + rules_beside_others(rules, all);
    text += fmt::format("    oifname {} ct status dnat accept\n", quoted(all));
    text += own;
    text += fmt::format("    oifname {} drop\n", quoted(all));
  }
  return text + "  }\n";
}

// 127.0.0.0/8 is the host's own: route_localnet would let a bridge's packets have it in them, and a port that is
// published there would be open to whoever sends packets for 127.0.0.1 from the next machine.
std::string guard_chain(const std::vector<BridgeRules>& bridges) {
  std::string text = "  chain guard {\n    type filter hook prerouting priority raw; policy accept;\n";
  text += "    iifname != \"lo\" ip daddr 127.0.0.0/8 drop\n";
  for (const auto& bridge : bridges)
    text += fmt::format("    iifname \"{}\" ip saddr 127.0.0.0/8 drop\n", bridge.bridge);
  return text + "  }\n";
}

}  // namespace

const char* name(Protocol protocol) {
  switch (protocol) {
    case Protocol::kTcp:
      return "tcp";
    case Protocol::kUdp:
      return "udp";
    case Protocol::kSctp:
      return "sctp";
  }
  return "";
}

bool answers_on_loopback(const BridgeRules& bridge, const std::vector<PublishedPort>& ports) {
  const auto is_behind = [&](const Target& target) {
    return std::any_of(bridge.subnets.begin(), bridge.subnets.end(),
                       [&](const Subnet& subnet) { return subnet.contains(target.address); });
  };
  return std::any_of(ports.begin(), ports.end(), [&](const PublishedPort& port) {
    return !port.host.is_v6() && (port.host.is_any() || port.host.is_loopback()) &&
           std::any_of(port.targets.begin(), port.targets.end(), is_behind);
  });
}

std::string remove_text(const std::string& table) {
  return fmt::format("add table inet {0}\ndelete table inet {0}\n", table);
}

std::string replace_text(const Ruleset& rules) {
  return remove_text(rules.table) + fmt::format("table inet {} {{\n", rules.table) + guard_chain(rules.bridges) +
         translation_chains(rules) + forward_chain(rules) + "}\n";
}

}  // namespace davit::network
