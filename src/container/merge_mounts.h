#pragma once
// Who wins where several mounts have one target.

#include <string>
#include <vector>

#include "container/mount_point.h"

namespace davit::container {

// Docker's order: what was asked for by name; then what other containers have (--volumes-from); then an anonymous
// volume, with a random name, for each target of `volumes` where nothing is mounted. Throws Error(kInvalidArgument,
// "Duplicate mount point: /x").
std::vector<MountPoint> merge_mounts(std::vector<MountPoint> asked, const std::vector<MountPoint>& of_others,
                                     const std::vector<std::string>& volumes);

}  // namespace davit::container
