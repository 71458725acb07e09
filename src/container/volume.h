#pragma once
// Docker's -v HOST:CONTAINER[:OPTIONS]. Bind mounts; named and anonymous volumes are refused by name.

#include <string>
#include <string_view>
#include <vector>

#include "container/mount_point.h"

namespace davit::container {

// Throws Error(kInvalidArgument) with docker's words, Error(kNotSupported) for a volume.
MountPoint parse_volume(std::string_view text);

// All of them; throws Error(kInvalidArgument, "Duplicate mount point: /x").
std::vector<MountPoint> parse_volumes(const std::vector<std::string>& texts);

}  // namespace davit::container
