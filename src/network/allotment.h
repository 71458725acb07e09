#pragma once
// What a container gets of a network, chosen among what is free: addresses, a MAC address, ports of the host. Private
// to src/network; the caller holds the endpoint table's lock.

#include "network/fabric.h"

namespace davit::network {

// A place in the network, with the first name of an interface ("eth0") that none of `own`, the container's other
// places, has. Throws Error in docker's words, as Fabric::prepare().
Endpoint allot(const Network& network, const Wish& wish, const Wishes& wishes, const EndpointTable& table,
               const std::vector<Endpoint>& own);

// Binds the wish's port on each address of the host that it means, and gives it to the endpoint; of a range the first
// that is free on all of them. What another program holds is seen.
void reserve(const PortWish& wish, const EndpointTable& table, Endpoint& endpoint,
             std::vector<PortReservation>& reservations);

}  // namespace davit::network
