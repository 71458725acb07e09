#pragma once
// What `network create` refuses of a network's driver and options. Private to src/network.

#include <string>
#include <vector>

#include "network/network_store.h"

namespace davit::network {

// Throws Error in docker's words for what is no driver, or is one that has its only network already.
Driver driver_of(const std::string& text);

// Throws Error for an option's value that is wrong by itself, on this host, or beside other networks.
void check_options(const Network& network, const std::vector<Network>& others);

// Of a network whose pools are chosen. Throws Error(kInvalidArgument) for an MTU that its links cannot have.
void check_mtu(const Network& network);

}  // namespace davit::network
