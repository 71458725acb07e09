#pragma once
// Which files were seen to hold what their digest promises, and did not change since. Private to src/registry.

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include <sys/stat.h>

#include "oci/digest.h"

namespace davit::registry {

// Bounded: the oldest half is forgotten. Safe for use by several threads.
class VerifiedFiles {
 public:
  bool is_good(const oci::Digest& digest, const struct stat& status) const {
    const std::lock_guard lock(mutex_);
    for (const auto* half : {&young_, &old_}) {
      const auto found = half->find(digest);
      if (found != half->end()) return found->second == Stamp(status);
    }
    return false;
  }

  void add(const oci::Digest& digest, const struct stat& status) {
    const std::lock_guard lock(mutex_);
    if (young_.size() >= kHalf) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_.insert_or_assign(digest, Stamp(status));
  }

 private:
  static constexpr std::size_t kHalf = 20'000;

  struct Stamp {
    explicit Stamp(const struct stat& status)
        : inode(status.st_ino),
          size(status.st_size),
          changed(status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec) {}
    bool operator==(const Stamp&) const = default;
    std::uint64_t inode;
    std::int64_t size, changed;
  };

  mutable std::mutex mutex_;
  std::unordered_map<oci::Digest, Stamp> young_, old_;  // guarded by mutex_
};

}  // namespace davit::registry
