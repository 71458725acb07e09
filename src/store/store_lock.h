#pragma once
// The one lock under which it changes what a store needs: tags, image records, leases, and each single step of a
// collection. Held for a few syncs at most, never for the network, a child process or a transfer.
// docs/formats/store.md, "Locks". Private to src/store.

#include <filesystem>

#include "base/file_lock.h"

namespace davit::store {

class StoreLock {
 public:
  // For everybody but a collection. Waits; Error(kCancelled) when the user interrupts.
  static StoreLock acquire(const std::filesystem::path& root);

  // For a collection, which takes the lock many times in a row and would otherwise starve those who ask for it now and
  // then: first lets everybody in who waits (for 100 ms at most).
  static StoreLock acquire_after_others(const std::filesystem::path& root);

 private:
  explicit StoreLock(base::FileLock lock) : lock_(std::move(lock)) {}
  base::FileLock lock_;
};

}  // namespace davit::store
