#pragma once
// Which subnets a network gets, and which of their addresses a container.

#include <set>
#include <string>
#include <vector>

#include "network/network_store.h"

namespace davit::network {

struct Surroundings {
  std::vector<Subnet> networks;  // of other networks: an asked subnet that overlaps one is refused
  std::vector<Route> routes;     // of the host: a subnet of our own choice avoids them
  std::string store_id;          // hex: where the choice begins
};

// The pools of `options`: what it asks for, and of the families that it leaves open our own choice. Throws Error with
// docker's words for what is malformed, does not fit together or overlaps; also where an asked subnet would take
// traffic of the host's that has a way already: a link's subnet, or all of what a route is for.
std::vector<Pool> make_pools(const NetworkOptions& options, const Surroundings& surroundings);

// The lowest free address. Throws Error(kConflict, "no available IPv4 addresses on this network's address pools: …").
Address free_address(const Network& network, const Pool& pool, const std::set<Address>& taken);

// An address that somebody asks for. Throws Error with docker's words where it is outside, reserved or taken.
void check_address(const Network& network, const Address& address, const std::set<Address>& taken);

}  // namespace davit::network
