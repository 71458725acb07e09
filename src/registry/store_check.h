#pragma once
// What is wrong in a store: fsck.

#include <cstdint>
#include <string>
#include <vector>

#include "registry/store.h"

namespace davit::registry {

struct StoreReport {
  std::uint64_t checked = 0;          // blobs whose bytes were read
  std::uint64_t orphans = 0;          // blobs that no repository names
  bool removed = false;               // whether those were removed
  std::vector<std::string> problems;  // one line each
};

// Reads every byte. May run while servers use the store: what is pushed meanwhile is no orphan, as those count only
// once they are an hour old.
StoreReport check_store(const Store& store, bool remove_orphans);

}  // namespace davit::registry
