#pragma once
// What the networks need of the host besides links: the store's table of rules, a way through other programs' forward
// chains, sysctls. All of it is written down in HostChanges, and taken back by withdraw().

#include <functional>

#include "network/endpoint_table.h"
#include "network/ruleset.h"

namespace davit::network {

// Replaces the table; lets the bridges through each chain of others on the forward hook whose policy is drop (dockerd's
// and ufw's), with rules that iptables understands too; turns on what is off: IPv4 forwarding, route_localnet of each
// bridge, and IPv6 forwarding where a bridge has an IPv6 subnet. `changes` is right even where this throws;
// `write_down` is called when it says what is about to be made.
void apply(const Ruleset& rules, HostChanges& changes, const std::function<void()>& write_down);

// Takes all of it back, but for IPv4 forwarding, which others may have come to need. What is gone already is no error.
void withdraw(const std::string& table, HostChanges& changes);

// Whether the table is there as apply() made it. False after a flush or when another made one of its name.
bool is_applied(const std::string& table, const HostChanges& changes);

// A base chain on the forward hook that drops what no rule of it accepts, in `nft list chains`: "ip filter FORWARD".
std::vector<std::string> dropping_forward_chains(const std::string& listed_chains, const std::string& own_table);

}  // namespace davit::network
