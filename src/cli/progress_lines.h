#pragma once
// Progress as plain lines in docker's words.

#include <cstdio>
#include <mutex>

#include "transfer/progress.h"

namespace davit::cli {

// "Pull complete", "Mounted from library/alpine": docker's words for what became of a layer.
std::string status_words(transfer::LayerStatus status, const std::string& detail);

// Whether nothing more comes of a layer after this.
bool ends_layer(transfer::LayerStatus status);

// To standard output, or to standard error where that is a container's (run).
class ProgressLines final : public transfer::Progress {
 public:
  explicit ProgressLines(bool quiet, std::FILE* stream = stdout) : quiet_(quiet), stream_(stream) {}
  void message(const std::string& line) override;
  void layer(const oci::Digest& layer, transfer::LayerStatus status, const std::string& detail) override;
  void bytes(const oci::Digest& layer, transfer::LayerStatus phase, std::uint64_t done, std::uint64_t total) override;

 private:
  bool quiet_;
  std::FILE* stream_;
  std::mutex mutex_;
};

}  // namespace davit::cli
