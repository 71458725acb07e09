#pragma once
// Containers that join and leave networks, and which networks containers are in.

#include <set>
#include <string>

#include "container/container_store.h"

namespace davit::container {

// The IDs of networks that a container, running or not, is to be in. Throws where a record cannot be read.
std::set<std::string> networks_in_use(ContainerStore& store);

// From now on, and at each further start. Throws Error in docker's words: kNotFound, kConflict, kPermissionDenied for a
// container that shares the host's network or has none.
void connect_network(ContainerStore& store, const std::string& container, const network::Network& network,
                     const network::Wish& wish);
void disconnect_network(ContainerStore& store, const std::string& container, const network::Network& network);

}  // namespace davit::container
