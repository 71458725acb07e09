#pragma once
// Resources as the OCI runtime-spec has them: "linux.resources", without "devices". Included by src/runtime's .cpp
// files only: it brings in Boost.JSON.

#include <boost/json.hpp>

#include "runtime/resources.h"

namespace davit::runtime {

// Only what is set; no limit of processes is what a new group has. Throws Error(kInvalidArgument) with docker's words
// for a device rate of what is no device.
boost::json::object resources_object(const Resources& resources);

}  // namespace davit::runtime
