#pragma once
// volume prune, system prune --volumes: removes volumes that no container uses.

#include <functional>
#include <string>
#include <vector>

#include "container/container_store.h"

namespace davit::operations {

struct PruneVolumesOptions {
  bool all = false;                                                             // named ones too
  std::function<bool(const std::map<std::string, std::string>&)> match_labels;  // empty: all do
};

struct PrunedVolumes {
  std::vector<std::string> names;
  std::uint64_t bytes = 0;  // of disk, given back
};

PrunedVolumes prune_volumes(container::ContainerStore& containers, const PruneVolumesOptions& options);

}  // namespace davit::operations
