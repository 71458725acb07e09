#pragma once
// A description's mounts as the runtime takes them.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fs/tree.h"
#include "container/description.h"
#include "container/volume_store.h"
#include "runtime/spec.h"

namespace davit::container {

struct MountPlaces {
  const VolumeStore& volumes;
  // A folder for what must be mounted on the host while the runtime makes the container; made when it is needed.
  std::filesystem::path staging;
  const base::fs::Directory& root;  // the container's, mounted
  // A mounted volume as a container has it that runs and uses it; nothing where none does (volume_use.h).
  std::function<std::optional<base::fs::FileDescriptor>(const std::string& volume)> share;
  bool fill = false;  // volumes that are empty, from the root: on the container's first start
};

struct PreparedMounts {
  std::vector<runtime::Mount> mounts;  // by depth: what lies in another comes after it
  // What the container's root must be for the propagation that was asked for: "shared", "rslave"; empty: anything.
  std::string root_propagation;
};

// Makes what is missing: folders of the host, as docker does for -v, and volumes. release_mounts() is due once the
// container is created, or is not. Throws Error with docker's words: kInvalidArgument for a source that must be there
// and is not, kNotSupported for a propagation that the host's mounts do not have.
PreparedMounts prepare_mounts(const Description& description, const MountPlaces& places);

// Unmounts what prepare_mounts() put into the staging folder, and removes that. Idempotent.
void release_mounts(const std::filesystem::path& staging);

// Throws what prepare_mounts() would of what can be told beforehand: for a container's creation.
void check_mounts(const Description& description);

// The runtime's list: davit's own mounts, without those whose place the container's take, then the container's.
std::vector<runtime::Mount> with_mounts(std::vector<runtime::Mount> own, const std::vector<runtime::Mount>& asked);

// The options of a tmpfs, docker's defaults included. Throws Error(kInvalidArgument) naming one that is none.
std::vector<std::string> tmpfs_options(const MountPoint& mount);

}  // namespace davit::container
