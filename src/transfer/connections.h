#pragma once
// How many connections a command uses, and which blob may have how many of them.

#include <algorithm>
#include <cstddef>
#include <mutex>

namespace davit::transfer {

// Thread-safe.
class Connections {
 public:
  explicit Connections(std::size_t limit) : limit_(std::max<std::size_t>(limit, 1)) {}

  // One blob's part of them: always one, and more while fewer than the limit are in use and others have no less.
  class Share {
   public:
    explicit Share(Connections& all) : all_(all) {
      const std::lock_guard lock(all_.mutex_);
      ++all_.shares_;
      ++all_.used_;
    }
    ~Share() {
      const std::lock_guard lock(all_.mutex_);
      --all_.shares_;
      all_.used_ -= own_;
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Takes one more; false where there is none to be had.
    bool take() {
      const std::lock_guard lock(all_.mutex_);
      if (all_.used_ >= all_.limit_ || own_ >= all_.fair()) return false;
      ++all_.used_;
      ++own_;
      return true;
    }
    // Gives one back, unless it is the only one.
    void give_back() {
      const std::lock_guard lock(all_.mutex_);
      give_back_locked();
    }
    // The same where this share has more than its part by now; whether it did.
    bool give_back_if_unfair() {
      const std::lock_guard lock(all_.mutex_);
      return own_ > all_.fair() && give_back_locked();
    }

   private:
    bool give_back_locked() {
      if (own_ == 1) return false;
      --own_;
      --all_.used_;
      return true;
    }
    Connections& all_;
    std::size_t own_ = 1;
  };

 private:
  std::size_t fair() const { return std::max<std::size_t>(limit_ / std::max<std::size_t>(shares_, 1), 1); }

  const std::size_t limit_;
  std::mutex mutex_;
  std::size_t shares_ = 0, used_ = 0;
};

}  // namespace davit::transfer
