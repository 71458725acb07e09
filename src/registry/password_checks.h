#pragma once
// Passwords checked against a file that may change, with what makes that bearable under load: good checks are kept for
// a minute, few run at once, failures are slowed. Private to src/registry.

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "auth/passwords.h"

namespace davit::registry {

// Safe for use by several threads.
class PasswordChecks {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Result { kGood, kBad, kLater };  // kLater: too many failures before; ask again after `pause()`

  // Throws what PasswordFile::parse throws. An empty path: nobody has a password.
  explicit PasswordChecks(std::filesystem::path file);

  // Whether that pair was good within the last minute; never blocks.
  bool is_known(const std::string& user, const std::string& password);
  // `peer`: where it comes from. Takes tens of ms.
  Result check(const std::string& user, const std::string& password, const std::string& peer);
  // Reads the file again where it changed; keeps the old content, and warns, where the new is bad.
  void reload_if_changed();

  static constexpr std::chrono::seconds kLongestPause{60};

 private:
  struct Failures {
    unsigned count = 0;
    Clock::time_point until;
  };
  std::string known_key(const std::string& user, const std::string& password) const;
  bool is_slowed(const std::string& key, Clock::time_point now);
  void fail(const std::string& key, Clock::time_point now);
  std::string stamp() const;

  const std::filesystem::path file_;
  const std::string secret_;  // of this process: what is known is kept under a keyed hash
  std::mutex mutex_;
  std::condition_variable free_;
  unsigned running_ = 0;  // guarded by mutex_, as are these
  std::string stamp_;     // of the file as it was read
  auth::PasswordFile passwords_;
  std::unordered_map<std::string, Clock::time_point> known_;  // until when
  std::unordered_map<std::string, Failures> failures_;        // by "user …" and "peer …"
};

}  // namespace davit::registry
