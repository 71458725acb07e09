#pragma once
// Tells progress how far one phase of one layer is: at once, at its end, and between in steps that are cheap.

#include <algorithm>
#include <cstdint>

#include "transfer/progress.h"

namespace davit::transfer {

// For one thread. `progress` and `layer` outlive it.
class Counter {
 public:
  Counter(Progress& progress, const oci::Digest& layer, LayerStatus phase, std::uint64_t total, std::uint64_t done = 0)
      : progress_(progress),
        layer_(layer),
        phase_(phase),
        total_(total),
        step_(std::clamp<std::uint64_t>(total / 256, 4096, 65536)) {
    set(done);
  }

  void add(std::uint64_t bytes) {
    done_ += bytes;
    if (done_ - told_ >= step_ || done_ == total_) set(done_);
  }
  // Also backwards, where work begins anew.
  void set(std::uint64_t done) {
    done_ = told_ = done;
    progress_.bytes(layer_, phase_, done, total_);
  }
  std::uint64_t done() const { return done_; }

 private:
  Progress& progress_;
  const oci::Digest& layer_;
  const LayerStatus phase_;
  const std::uint64_t total_, step_;
  std::uint64_t done_ = 0, told_ = 0;
};

}  // namespace davit::transfer
