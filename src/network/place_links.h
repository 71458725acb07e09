#pragma once
// A network's bridge and a container's links to it, as the kernel has them. Private to src/network.

#include "network/fabric.h"

namespace davit::network {

// Makes what of the bridge is missing. True where it was not there.
bool ensure_bridge(const Network& network);
// The same; one that somebody removed gets the ports back that the table's containers are on.
void repair_bridge(const Network& network, const EndpointTable& table);

// The bridge goes; from one that was there before the network, the network's own addresses.
void remove_bridge(const Network& network);

// The place's link into the namespace, up, with its addresses and default routes.
void make_links(const Place& place, const Namespace& name_space);
// What of it is not there is no error.
void remove_links(const Endpoint& endpoint, const Namespace& name_space);
// By the network's gateways, unless the namespace has a default route already.
void put_default_routes(const Place& place, const Links& inside);

}  // namespace davit::network
