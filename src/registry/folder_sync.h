#pragma once
// fsync(2) of one folder for many who ask at once: one that begins after they asked serves them all. Private to
// src/registry.

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>

#include "base/fs/paths.h"

namespace davit::registry {

class FolderSync {
 public:
  explicit FolderSync(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Returns when a sync that began after the call has ended; throws when it failed.
  void sync() {
    std::unique_lock lock(mutex_);
    const std::uint64_t wanted = begun_ + 1;  // one that is under way may have begun too early
    while (done_ < wanted) {
      if (running_) {
        ended_.wait(lock);
        continue;
      }
      running_ = true;
      const std::uint64_t mine = ++begun_;
      lock.unlock();
      bool good = true;
      try {
        base::fs::sync_directory(folder_);
      } catch (...) {
        good = false;
        lock.lock();
        running_ = false;
        ended_.notify_all();
        throw;
      }
      lock.lock();
      running_ = false;
      if (good) done_ = mine;
      ended_.notify_all();
    }
  }

 private:
  std::filesystem::path folder_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::uint64_t begun_ = 0, done_ = 0;  // guarded by mutex_
  bool running_ = false;                // guarded by mutex_
};

}  // namespace davit::registry
