#pragma once
// What docker's daemon refuses of a container before it makes one, in its words.

#include <string>
#include <vector>

#include "container/description.h"

namespace davit::container {

// Throws Error(kInvalidArgument or kNotSupported) for a value that is wrong by itself, beside another, or on this host.
// Makes what is left docker's: capabilities in full and in order, resources without what this kernel cannot do. Returns
// the daemon's warnings, a sentence each. Looks at the host where something asks for it; looks at no store.
std::vector<std::string> check_settings(Description& description);

}  // namespace davit::container
