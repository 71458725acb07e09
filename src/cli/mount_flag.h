#pragma once
// --mount: docker's list of key=value pairs.

#include <string>

#include "container/mount_point.h"

namespace davit::cli {

struct MountFlag {
  std::string type;             // in small letters; "volume" where none is given
  container::MountPoint mount;  // of a type that davit has
};

// Throws Error(kInvalidArgument) in the words of docker's client. A relative source that begins with a dot is taken
// from the current folder. Whether the mount makes sense is for container::check_mount.
MountFlag parse_mount(const std::string& text);

}  // namespace davit::cli
