#pragma once
// What steps made, by what they were made of: a key is a digest of all that a step's result can depend on. Entries keep
// their layers (store/kept.h) until they are pruned.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/image_store.h"
#include "store/kept.h"
#include "store/store.h"

namespace davit::build {

struct CachedStep {
  std::optional<store::ImageLayer> layer;  // nothing: it changed no file
  base::Time created;
  std::string description;  // "RUN make"
};

class StepCache {
 public:
  explicit StepCache(store::Store& store) : store_(store), kept_(store.root()) {}

  // One whose layer is here, leased before this returns; it counts as used now.
  std::optional<CachedStep> find(const std::string& key, store::Lease& lease) const;
  // The layer is here, and leased by the caller.
  void put(const std::string& key, const CachedStep& step) const;

 private:
  store::Store& store_;
  store::KeptContent kept_;
};

// Makes a key of parts: equal lists, and no others, have equal keys.
std::string key_of(const std::vector<std::string>& parts);

}  // namespace davit::build
