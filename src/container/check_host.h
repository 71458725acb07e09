#pragma once
// What a container may ask of this host, checked before it is made.

#include <string>
#include <vector>

#include "container/description.h"

namespace davit::container {

// Sets what docker sets (swap to twice the memory), drops what this kernel cannot do where docker drops it, and returns
// a warning for each such thing, in docker's words. Throws Error in docker's words, or naming flag and cause where
// docker would fail only at the start: capabilities, limits, devices, profiles that this host or this davit has not.
std::vector<std::string> check_host(Description& description);

// What is mounted at /dev/shm: docker's 64 MiB for 0.
std::uint64_t shm_size_of(const Description& description);

}  // namespace davit::container
