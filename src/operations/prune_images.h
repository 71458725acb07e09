#pragma once
// image prune: removes the images that nobody needs, all in one go, and what interrupted downloads left.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "operations/remove_image.h"

namespace davit::operations {

using Labels = std::map<std::string, std::string>;

struct PruneOptions {
  bool all = false;  // whatever no container uses, tagged or pinned by history; else what has neither
  std::optional<base::Time> created_before;
  std::function<bool(const Labels&)> match_labels;  // empty: all do. What has no readable labels stays where it is set
};

// What would have gone, did not something hold a pin on it.
struct Kept {
  std::string id;       // of an image or a container
  std::string holders;  // "deployment web, deployment api"
};

struct PrunedImages {
  std::vector<RemovedImage> images;  // newest first
  std::vector<Kept> kept;
  std::uint64_t bytes = 0;  // of disk, given back: what du(1) shows
};

// Never takes what a container uses, what is pinned (pins.h), what a pull or a run is about to use, or content that is
// leased. What went by `all` is marked gone in its tags' history. Throws Error where the containers cannot all be
// known.
PrunedImages prune_images(store::Store& store, const ListUses& list_uses, const PruneOptions& options);

}  // namespace davit::operations
