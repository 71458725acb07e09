#pragma once
// "HostConfig" of a container in the shape of Docker's Engine API. Private to src/docker.

#include <boost/json/fwd.hpp>

#include "docker/container_inspect.h"

namespace davit::docker {

boost::json::object host_config(const ContainerView& view);

}  // namespace davit::docker
