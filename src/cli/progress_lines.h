#pragma once
// Progress as plain lines in docker's words.

#include <mutex>

#include "transfer/progress.h"

namespace davit::cli {

// "Pull complete", "Mounted from library/alpine": docker's words for what became of a layer.
std::string status_words(transfer::LayerStatus status, const std::string& detail);

class ProgressLines final : public transfer::Progress {
 public:
  explicit ProgressLines(bool quiet) : quiet_(quiet) {}
  void message(const std::string& line) override;
  void layer(const oci::Digest& layer, transfer::LayerStatus status, const std::string& detail) override;
  void bytes(const oci::Digest& layer, transfer::LayerStatus phase, std::uint64_t done, std::uint64_t total) override;

 private:
  bool quiet_;
  std::mutex mutex_;
};

}  // namespace davit::cli
