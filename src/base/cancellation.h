#pragma once
// Ending what other threads are at, as Ctrl-C ends a command: whatever looks at the interrupt (interrupt.h) looks at
// its thread's cancellation too.

#include <atomic>
#include <mutex>
#include <vector>

#include "base/fs/file.h"

namespace davit::base {

// For good: a cancellation is not taken back. Safe for use by any number of threads.
class Cancellation {
 public:
  // With a parent, which outlives it, its cancel() is ours as well.
  explicit Cancellation(Cancellation* parent = nullptr);
  ~Cancellation();
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  void cancel() noexcept;
  bool cancelled() const { return cancelled_; }
  int fd() const { return event_.get(); }  // readable once it is cancelled, for poll(2)

  // While it lives, this thread's work is ended by the cancellation. Scopes nest; the innermost counts.
  class Scope {
   public:
    explicit Scope(Cancellation& cancellation);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Cancellation* outer_;
  };
  static Cancellation* of_this_thread();  // or nullptr

 private:
  Cancellation* const parent_;
  fs::FileDescriptor event_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::vector<Cancellation*> children_;  // guarded by mutex_
};

}  // namespace davit::base
