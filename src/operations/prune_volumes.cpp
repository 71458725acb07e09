#include "operations/prune_volumes.h"

#include "container/volume_use.h"

namespace davit::operations {

PrunedVolumes prune_volumes(container::ContainerStore& containers, const PruneVolumesOptions& options) {
  PrunedVolumes pruned;
  const container::VolumeStore& volumes = containers.volumes();
  // No container that is being made can come to one of them meanwhile.
  const auto lock = volumes.lock(base::FileLock::Mode::kExclusive);
  const auto users = container::volume_users(containers);
  for (const container::Volume& volume : volumes.list()) {
    if (users.contains(volume.name) || (!options.all && !volume.is_anonymous())) continue;
    if (options.match_labels && !options.match_labels(volume.labels.value_or(std::map<std::string, std::string>())))
      continue;
    pruned.bytes += volumes.remove(volume.name);
    pruned.names.push_back(volume.name);
  }
  return pruned;
}

}  // namespace davit::operations
