#pragma once
// A network in the shape of Docker's Engine API (NetworkInspect, as dockerd 20.10 has it).

#include <vector>

#include <boost/json/fwd.hpp>

#include "network/fabric.h"
#include "text/template_value.h"

namespace davit::docker {

// `endpoints`: all there are; those of the network are shown.
boost::json::object network_inspect(const network::Network& network, const std::vector<network::Endpoint>& endpoints);

const text::Type& network_inspect_type();

}  // namespace davit::docker
