#pragma once
// A volume's first content: what the image has where it is mounted.

#include <filesystem>

#include "base/fs/tree.h"
#include "container/mount_point.h"
#include "container/volume_store.h"

namespace davit::container {

// What to make of a mount's volume where there is none yet.
VolumeOptions volume_options(const MountPoint& mount);

// Copies what is at `target` in the root into the volume whose data is seen at `data`, if that is empty and the root
// has a folder there: with owners, modes, xattrs and times, the folder's own too. As one step: a davit that dies at it
// has filled nothing, or leaves the rest of it to the next who comes here. A tmpfs is left empty, as it does not last.
// The caller holds the container.
void fill_volume(const Volume& volume, const std::filesystem::path& data, const VolumeStore& volumes,
                 const base::fs::Directory& root, const std::filesystem::path& target);

}  // namespace davit::container
