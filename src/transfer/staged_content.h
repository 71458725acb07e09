#pragma once
// What a command brings into the store, gathered until one sync makes all of it durable and it becomes visible.

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace davit::transfer {

// Thread-safe. Destroyed before commit(), it leaves the blobs' bytes for the next attempt and removes the layers.
class StagedContent {
 public:
  explicit StagedContent(store::Store& store) : store_(store) {}

  // Null is of what was there already.
  void add(std::unique_ptr<blob::SealedBlob> blob);
  void add(std::unique_ptr<layer::StagedLayer> layer);
  // Seals a document that is made here (a config, a manifest), leased before.
  oci::Descriptor add_document(store::Lease& lease, std::string_view media_type, const std::string& bytes);
  // A blob that is only needed until its layer is known to be here; drop_temporary() ends that.
  void add_temporary(std::unique_ptr<blob::SealedBlob> blob);

  // All that was added, and what other processes have just made visible. Blobs first: a layer without its blob would
  // look whole.
  void commit();
  // To be called when an image of the layers is in the store: before that, others who wait for such a blob could not
  // tell that its layer serves them, and would fetch it again.
  void drop_temporary();

 private:
  store::Store& store_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<blob::SealedBlob>> blobs_, temporary_;
  std::vector<std::unique_ptr<layer::StagedLayer>> layers_;
  bool found_layers_ = false;  // whose names another may not have made durable yet
};

}  // namespace davit::transfer
