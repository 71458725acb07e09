#pragma once
// What the networks need of the host besides links: the store's table of rules, a way through other programs' chains,
// sysctls. All of it is written down in HostChanges, and taken back by withdraw().

#include <functional>

#include "network/endpoint_table.h"
#include "network/ruleset.h"

namespace davit::network {

// Makes what is not as it should be:
// - the table (the barriers, and what is kept from others, are filled in here);
// - the bridges' way through each chain of others that lets nothing through by itself (dockerd's, ufw's, firewalld's):
//   for what is forwarded, and to the name service; rules that iptables understands too, found again by their comment;
// - sysctls: IPv4 forwarding, IPv6 forwarding where a bridge has an IPv6 subnet, route_localnet of bridges with ports
//   that are published on 127.0.0.1. Those that are needed no more are taken back. A host that gets its IPv6 routes
//   from advertisements goes on taking them (accept_ra).
// `own_bridges` are all of the store's. `changes` is right even where this throws; `write_down` is called when it says
// what is about to be made.
void apply(Ruleset rules, const std::vector<std::string>& own_bridges, HostChanges& changes,
           const std::function<void()>& write_down);

// Takes all of it back. What is gone already is no error. Forwarding stays on where links have come to the host since
// it was turned on, or another store has rules: they may have come to need it.
void withdraw(const std::string& table, const std::vector<std::string>& own_bridges, HostChanges& changes);

// A base chain of others that lets nothing through by itself: its policy is drop, or it is firewalld's.
struct ForeignChain {
  std::string name;    // as nft takes it: "ip filter FORWARD"
  bool input = false;  // what is for the host itself; else what is forwarded
  auto operator<=>(const ForeignChain&) const = default;
};
// Those of `nft list chains`.
std::vector<ForeignChain> closed_chains(const std::string& listed_chains, const std::string& own_table);

}  // namespace davit::network
