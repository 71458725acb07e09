#include "cli/progress_lines.h"

#include <cstdio>

namespace davit::cli {

std::string status_words(transfer::LayerStatus status, const std::string& detail) {
  using enum transfer::LayerStatus;
  switch (status) {
    case kPullingFsLayer:
      return "Pulling fs layer";
    case kDownloading:
      return "Downloading";
    case kVerifyingChecksum:
      return "Verifying Checksum";
    case kDownloadComplete:
      return "Download complete";
    case kExtracting:
      return "Extracting";
    case kPullComplete:
      return "Pull complete";
    case kAlreadyExists:
      return "Already exists";
    case kPreparing:
      return "Preparing";
    case kWaiting:
      return "Waiting";
    case kPushing:
      return "Pushing";
    case kPushed:
      return "Pushed";
    case kMountedFrom:
      return "Mounted from " + detail;
    case kLayerAlreadyExists:
      return "Layer already exists";
    case kCopying:
      return "Copying";
    case kCopied:
      return "Copied";
    case kLoading:
      return "Loading layer";
    case kLoaded:
      return "Loaded layer";
    case kSaving:
      return "Saving layer";
    case kSaved:
      return "Saved layer";
  }
  return {};
}

bool ends_layer(transfer::LayerStatus status) {
  using enum transfer::LayerStatus;
  switch (status) {
    case kPullComplete:
    case kAlreadyExists:
    case kPushed:
    case kMountedFrom:
    case kLayerAlreadyExists:
    case kCopied:
    case kLoaded:
    case kSaved:
      return true;
    default:
      return false;
  }
}

void ProgressLines::message(const std::string& line) {
  if (quiet_) return;
  const std::lock_guard lock(mutex_);
  std::fprintf(stream_, "%s\n", line.c_str());
  std::fflush(stream_);
}

void ProgressLines::layer(const oci::Digest& layer, transfer::LayerStatus status, const std::string& detail) {
  using enum transfer::LayerStatus;
  if (status == kLoading || status == kLoaded || status == kSaving || status == kSaved) return;
  message(layer.short_hex() + ": " + status_words(status, detail));
}

void ProgressLines::bytes(const oci::Digest&, transfer::LayerStatus, std::uint64_t, std::uint64_t) {}

}  // namespace davit::cli
