#pragma once
// What a command brings into the store, gathered until one sync makes all of it durable and it becomes visible.

#include <memory>
#include <mutex>
#include <vector>

#include "store/store.h"

namespace davit::transfer {

// Thread-safe. Destroyed before commit(), it leaves the blobs' bytes for the next attempt and removes the layers.
class StagedContent {
 public:
  explicit StagedContent(store::Store& store) : store_(store) {}

  // Null is passed over: it was there already.
  void add(std::unique_ptr<blob::SealedBlob> blob);
  void add(std::unique_ptr<layer::StagedLayer> layer);

  // All that was added, and what other processes have just made visible. Blobs first: a layer without its blob would
  // look whole.
  void commit();

 private:
  store::Store& store_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<blob::SealedBlob>> blobs_;
  std::vector<std::unique_ptr<layer::StagedLayer>> layers_;
};

}  // namespace davit::transfer
