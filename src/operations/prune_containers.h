#pragma once
// container prune and system prune: remove containers that do not run.

#include "container/container_store.h"
#include "operations/prune_images.h"

namespace davit::operations {

struct PrunedContainers {
  std::vector<std::string> ids;  // newest first
  std::uint64_t bytes = 0;       // of disk, given back
  std::vector<Kept> kept;
};

// Of `options`: created_before and match_labels. One that is pinned (pins.h) stays. A container that was made less
// than a minute ago and never started belongs to a `run` under way and stays, as does one that starts meanwhile.
PrunedContainers prune_containers(container::ContainerStore& containers, const PruneOptions& options);

}  // namespace davit::operations
