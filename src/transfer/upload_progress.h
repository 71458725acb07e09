#pragma once
// Tells progress how the upload of one layer goes, for push and copy.

#include <cstdint>
#include <optional>

#include "oci/reference.h"
#include "remote/registry_client.h"
#include "transfer/counter.h"
#include "transfer/progress.h"

namespace davit::transfer {

// For one thread. Of a layer that is mounted or there already nothing is sent, so only its end is told.
class UploadProgress {
 public:
  struct Statuses {
    LayerStatus under_way, done;
  };

  // `progress` and `layer`, by which users are told about it, outlive this. `size` is of what is sent.
  UploadProgress(Progress& progress, const oci::Digest& layer, std::uint64_t size, Statuses statuses)
      : progress_(progress), layer_(layer), size_(size), statuses_(statuses) {}

  // As RegistryClient::push_blob tells of each piece: negative when a try starts anew.
  void sent(std::int64_t bytes);
  // How it ended; `mount_from` is what the client was given.
  void ended(remote::UploadResult result, const std::optional<oci::RepositoryName>& mount_from);

 private:
  Progress& progress_;
  const oci::Digest& layer_;
  const std::uint64_t size_;
  const Statuses statuses_;
  std::optional<Counter> counter_;  // from the first piece on
};

}  // namespace davit::transfer
