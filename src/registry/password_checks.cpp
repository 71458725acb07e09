#include "registry/password_checks.h"

#include <algorithm>
#include <thread>

#include <sys/stat.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/log.h"
#include "base/strings.h"
#include "codec/hash.h"

namespace davit::registry {

namespace {

constexpr std::chrono::seconds kKept{60};
constexpr unsigned kFreeFailures = 5;
constexpr std::size_t kMostKept = 10'000;

unsigned most_at_once() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace

PasswordChecks::PasswordChecks(std::filesystem::path file) : file_(std::move(file)), secret_(base::random_hex(32)) {
  if (file_.empty()) return;
  stamp_ = stamp();
  passwords_ = auth::PasswordFile::parse(base::fs::read_file(file_), file_.string());
  auth::hash_of_nobody();  // made now, not by the first stranger
}

std::string PasswordChecks::stamp() const {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0) return {};
  return fmt::format("{}.{}.{}.{}", status.st_ino, status.st_size, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

void PasswordChecks::reload_if_changed() {
  if (file_.empty()) return;
  const std::string current = stamp();
  {
    const std::lock_guard lock(mutex_);
    if (current == stamp_) return;
    stamp_ = current;
    known_.clear();
  }
  try {
    auto fresh = auth::PasswordFile::parse(base::fs::read_file(file_), file_.string());
    const std::lock_guard lock(mutex_);
    passwords_ = std::move(fresh);
    known_.clear();
  } catch (const base::Error& error) {
    base::log::warn("the old passwords stay in use: {}", error.message());
  }
}

std::string PasswordChecks::known_key(const std::string& user, const std::string& password) const {
  // The secret's length is fixed, a user has no ':'.
  return codec::digest_of(secret_ + user + ":" + password).hex();
}

bool PasswordChecks::is_known(const std::string& user, const std::string& password) {
  const auto key = known_key(user, password);
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(key);
  return found != known_.end() && Clock::now() < found->second;
}

bool PasswordChecks::is_slowed(const std::string& key, Clock::time_point now) {
  const auto found = failures_.find(key);
  return found != failures_.end() && now < found->second.until;
}

void PasswordChecks::fail(const std::string& key, Clock::time_point now) {
  if (failures_.size() >= kMostKept)
    std::erase_if(failures_, [&](const auto& each) { return each.second.until < now; });
  if (failures_.size() >= kMostKept) failures_.clear();
  auto& failures = failures_[key];
  ++failures.count;
  if (failures.count < kFreeFailures) return;
  const auto pause = std::chrono::seconds(1U << std::min(failures.count - kFreeFailures, 6U));
  failures.until = now + std::min<std::chrono::seconds>(pause, kLongestPause);
}

PasswordChecks::Result PasswordChecks::check(const std::string& user, const std::string& password,
                                             const std::string& peer) {
  if (is_known(user, password)) return Result::kGood;
  reload_if_changed();
  const std::string by_user = "user " + user, by_peer = "peer " + peer;
  std::string hash;
  {
    std::unique_lock lock(mutex_);
    if (is_slowed(by_user, Clock::now()) || is_slowed(by_peer, Clock::now())) return Result::kLater;
    hash = passwords_.hash_of(user).value_or(auth::hash_of_nobody());
    free_.wait(lock, [this] { return running_ < most_at_once(); });
    ++running_;
  }
  const bool good = auth::verify_password(hash, password);
  const auto key = known_key(user, password);
  const std::lock_guard lock(mutex_);
  --running_;
  free_.notify_one();
  const auto now = Clock::now();
  if (!good) {
    fail(by_user, now);
    fail(by_peer, now);
    return Result::kBad;
  }
  failures_.erase(by_user);
  failures_.erase(by_peer);
  if (known_.size() >= kMostKept) known_.clear();
  // Not where the file was changed meanwhile.
  if (passwords_.hash_of(user) == hash) known_[key] = now + kKept;
  return Result::kGood;
}

}  // namespace davit::registry
