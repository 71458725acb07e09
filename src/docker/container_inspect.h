#pragma once
// A container in the shape of Docker's Engine API (ContainerInspect), for `inspect`: what davit's records know of it.

#include <optional>
#include <string>

#include <boost/json/fwd.hpp>

#include "container/container_store.h"

namespace davit::docker {

struct ContainerView {
  container::Container container;
  std::string image;   // the name under which it was made, while that means the image; else the image's ID
  std::string driver;  // of its layers
};

boost::json::object container_inspect(const ContainerView& view);

}  // namespace davit::docker
