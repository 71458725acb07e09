#include "transfer/upload_progress.h"

#include <algorithm>

namespace davit::transfer {

void UploadProgress::sent(std::int64_t bytes) {
  if (!counter_) counter_.emplace(progress_, layer_, statuses_.under_way, size_);
  if (bytes >= 0) {
    counter_->add(static_cast<std::uint64_t>(bytes));
  } else {
    counter_->set(counter_->done() - std::min(counter_->done(), static_cast<std::uint64_t>(-bytes)));
  }
}

void UploadProgress::ended(remote::UploadResult result, const std::optional<oci::RepositoryName>& mount_from) {
  switch (result) {
    case remote::UploadResult::kUploaded:
      progress_.layer(layer_, statuses_.done);
      break;
    case remote::UploadResult::kMounted:
      progress_.layer(layer_, LayerStatus::kMountedFrom, mount_from->path());
      break;
    case remote::UploadResult::kAlreadyThere:
      progress_.layer(layer_, LayerStatus::kLayerAlreadyExists);
      break;
  }
}

}  // namespace davit::transfer
