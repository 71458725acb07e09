#pragma once
// What davit asks of nftables, as text: a pure function of the networks and published ports. One table, inet, of the
// store's own; it is always replaced as a whole, in one transaction: connections that stand go on, as conntrack knows
// their translation. docs/networks.md says what each chain is for.

#include <string>
#include <vector>

#include "network/address.h"

namespace davit::network {

enum class Protocol { kTcp, kUdp, kSctp };

const char* name(Protocol protocol);  // "tcp"

// Where a connection to a published port goes.
struct Target {
  Address address;
  int port = 0;
  auto operator<=>(const Target&) const = default;
};

// A port of the host and what it means. Several targets take turns. All targets are of the host address's family.
struct PublishedPort {
  Protocol protocol = Protocol::kTcp;
  Address host;  // 0.0.0.0, ::: all of the host's of its family
  int port = 0;
  std::vector<Target> targets;  // at least one
  auto operator<=>(const PublishedPort&) const = default;
};

// A bridge that rules are for.
struct BridgeRules {
  std::string bridge;
  std::vector<Subnet> subnets;
  bool internal = false;   // nothing passes between it and the rest of the world
  bool masquerade = true;  // what leaves it has the host's address
  bool talkative = true;   // its containers reach each other (com.docker.network.bridge.enable_icc)
  bool names = false;      // its containers ask the host, at port 53, for names
  auto operator<=>(const BridgeRules&) const = default;
};

// Links of the host between which nothing is to pass.
struct Barrier {
  Family family = Family::kV4;
  std::vector<std::string> links;
};

struct Ruleset {
  std::string table;  // "davit-0123456789ab"
  std::vector<BridgeRules> bridges;
  std::vector<PublishedPort> ports;
  std::vector<Barrier> barriers;
  // Containers reach those behind bridges of other engines ("docker0", "br-*") only by what these publish. For where
  // our bridges are let through their rules; `uplinks` are no such bridges, whatever they are called.
  bool keeps_from_others = false;
  std::vector<std::string> uplinks;
};

// Whether a connection to the host's own 127.0.0.1 may be for a container behind the bridge.
bool answers_on_loopback(const BridgeRules& bridge, const std::vector<PublishedPort>& ports);

// For nft -f: a transaction that replaces the table.
std::string replace_text(const Ruleset& rules);
// A transaction that takes the table away, whether it is there or not.
std::string remove_text(const std::string& table);

}  // namespace davit::network
