#pragma once
// The keys of somebody who signs tokens, kept and fetched again. Private to src/registry.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "auth/jose.h"

namespace davit::registry {

// A thread of its own fetches: whoever asks for keys that are here never waits, and a fetch that hangs or fails holds
// up nobody but who needs a key that nobody knows yet. Keys stay while they cannot be fetched. Safe for use by several
// threads.
class IssuerKeys {
 public:
  using Keys = std::shared_ptr<const std::vector<auth::Key>>;
  using Fetch = std::function<std::vector<auth::Key>()>;  // may take long, and throw base::Error
  struct Times {
    std::chrono::milliseconds fresh{600'000};  // from a fetch to the next
    std::chrono::milliseconds retry{60'000};   // to the next after one that failed
    std::chrono::milliseconds again{10'000};   // at least, to one for the sake of an unknown key
    std::chrono::milliseconds patience{3000};  // that somebody waits for a fetch
  };

  // `issuer`: for messages. The first fetch begins at once.
  IssuerKeys(std::string issuer, Fetch fetch, Times times);
  ~IssuerKeys();  // waits for a fetch under way
  IssuerKeys(const IssuerKeys&) = delete;
  IssuerKeys& operator=(const IssuerKeys&) = delete;

  // Those of today; a key of that ID is among them unless the issuer has none: for one that is not known they are
  // fetched anew. An empty ID is any key's. Throws Error(kUnavailable) where they cannot be had now.
  Keys keys_for(const std::string& id);

 private:
  using Clock = std::chrono::steady_clock;
  void work();
  void fetch(std::unique_lock<std::mutex>& lock);
  bool knows(const std::string& id) const;
  [[noreturn]] void fail() const;

  const std::string issuer_;
  const Fetch fetch_;
  const Times times_;
  std::mutex mutex_;
  std::condition_variable wanted_changed_, fetched_;
  // All guarded by mutex_.
  Keys keys_;  // null: none were fetched yet
  unsigned long fetches_ = 0;
  unsigned waiting_ = 0;
  bool wanted_ = true, fetching_ = false, ending_ = false;
  Clock::time_point due_, may_fetch_;
  std::thread thread_;
};

}  // namespace davit::registry
