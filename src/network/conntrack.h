#pragma once
// Flows that the kernel has seen (nf_conntrack), by libnl-nf: the calling thread's network namespace.

#include <vector>

#include "network/address.h"

namespace davit::network {

// What flows of UDP may have been told that is not so any more. A flow is translated by its first packet, and one
// whose packets keep coming never ends.
struct StaleFlows {
  std::vector<int> host_ports;     // flows to these ports that were not translated: they are published from now on
  std::vector<Address> addresses;  // flows that were translated to these: their containers left
  bool empty() const { return host_ports.empty() && addresses.empty(); }
};

// Forgets them: the next packet is looked at anew. Where the kernel does not track, nothing is done.
void forget(const StaleFlows& flows);

}  // namespace davit::network
