#pragma once
// A container's ports in one line, as `docker ps` shows them: "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 90/udp".

#include <string>
#include <vector>

#include "container/record.h"
#include "network/endpoint_table.h"

namespace davit::docker {

// What runs shows its exposed ports and those that are published; `endpoints` are all of the store. Neighbouring ports
// of one kind stand as a range, where they are the same on both sides.
std::string port_list(const container::Record& record, const std::vector<network::Endpoint>& endpoints);

}  // namespace davit::docker
