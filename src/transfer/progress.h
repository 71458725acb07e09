#pragma once
// What a transfer tells while it works; cli draws it, the API will turn it into NDJSON. Called from several threads
// at once: what draws it takes its own lock.

#include <cstdint>
#include <string>

#include "oci/digest.h"

namespace davit::transfer {

enum class LayerStatus {
  kPullingFsLayer,
  kDownloading,
  kVerifyingChecksum,
  kDownloadComplete,
  kExtracting,
  kPullComplete,
  kAlreadyExists,
  kPreparing,
  kWaiting,
  kPushing,
  kPushed,
  kMountedFrom,
  kLayerAlreadyExists,
  kCopying,
  kCopied,
  // Of archives, which have no lines in docker's plain output.
  kLoading,
  kLoaded,
  kSaving,
  kSaved,
};

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void message(const std::string& line) = 0;  // a whole line in docker's words
  // `detail` is the repository of kMountedFrom.
  virtual void layer(const oci::Digest& layer, LayerStatus status, const std::string& detail = {}) = 0;
  // How much of a layer is done. A phase of its own is kWaiting: `total` is what is to come of a layer that waits for
  // its turn. Cheap enough to be told often, but not for each read (counter.h).
  virtual void bytes(const oci::Digest& layer, LayerStatus phase, std::uint64_t done, std::uint64_t total) = 0;
};

}  // namespace davit::transfer
