#pragma once
// What docker's daemon reads itself of mounts: -v [SOURCE:]TARGET[:MODE], --volumes-from CONTAINER[:MODE] and --tmpfs
// TARGET[:OPTIONS]. Each throws Error(kInvalidArgument) in its words.

#include <string>
#include <string_view>

#include "container/mount_point.h"

namespace davit::container {

// A bind mount where the source is a path, a volume where it is a name or not there.
MountPoint parse_volume(std::string_view text);

MountPoint parse_tmpfs(std::string_view text);

struct VolumesFrom {
  std::string container;
  bool read_only = false;
};
VolumesFrom parse_volumes_from(std::string_view text);

// What docker refuses of a mount: a target that is none, a name that can be no volume's, a source that is missing …
// Throws Error(kInvalidArgument, "PREFIXinvalid mount config for type "bind": …").
void check_mount(const MountPoint& mount, std::string_view prefix = "");

// A path without "." and "..", its last slash gone.
std::filesystem::path clean_path(const std::string& path);

}  // namespace davit::container
