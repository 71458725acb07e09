#pragma once
// The flag --platform.

#include <optional>

#include "cli/arguments.h"
#include "oci/platform.h"

namespace davit::cli {

// The platform that --platform names; nothing where it is not given, or empty. Throws Error(kInvalidArgument) for what
// is no platform: the daemon's error with docker, but for load and save, whose client looks at it.
std::optional<oci::Platform> platform_of(const Arguments& arguments);

}  // namespace davit::cli
