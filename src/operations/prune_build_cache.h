#pragma once
// builder prune: what builds keep for the next ones goes.

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "operations/remove_image.h"

namespace davit::operations {

struct BuildCacheOptions {
  bool all = false;                        // also the folders of RUN --mount=type=cache that no build has just now
  std::optional<base::Time> unused_since;  // only what was not used since then
};

struct PrunedBuildCache {
  std::size_t steps = 0;
  std::uint64_t bytes = 0;  // of disk, given back; layers that an image has stay
};

PrunedBuildCache prune_build_cache(store::Store& store, const ListUses& list_uses, const BuildCacheOptions& options);

}  // namespace davit::operations
