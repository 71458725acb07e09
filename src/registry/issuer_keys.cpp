#include "registry/issuer_keys.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"

namespace davit::registry {

namespace {

constexpr unsigned kMostWaiting = 2;  // of the workers some must be left for others

}  // namespace

IssuerKeys::IssuerKeys(std::string issuer, Fetch fetch, Times times)
    : issuer_(std::move(issuer)), fetch_(std::move(fetch)), times_(times), thread_([this] { work(); }) {}

IssuerKeys::~IssuerKeys() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wanted_changed_.notify_all();
  fetched_.notify_all();
  thread_.join();
}

void IssuerKeys::work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (wanted_ || Clock::now() >= due_) {
      fetch(lock);
    } else {
      wanted_changed_.wait_until(lock, due_, [this] { return wanted_ || ending_; });
    }
  }
}

void IssuerKeys::fetch(std::unique_lock<std::mutex>& lock) {
  wanted_ = false;
  fetching_ = true;
  may_fetch_ = Clock::now() + times_.again;
  lock.unlock();
  Keys fresh;
  try {
    fresh = std::make_shared<const std::vector<auth::Key>>(fetch_());
  } catch (const base::Error& error) {
    base::log::warn("the keys of {}: {}", issuer_, error.message());
  }
  lock.lock();
  fetching_ = false;
  ++fetches_;
  due_ = Clock::now() + (fresh ? times_.fresh : times_.retry);
  if (fresh) keys_ = std::move(fresh);
  fetched_.notify_all();
}

bool IssuerKeys::knows(const std::string& id) const {
  return keys_ && (id.empty() ||
                   std::any_of(keys_->begin(), keys_->end(), [&](const auth::Key& key) { return key.id() == id; }));
}

void IssuerKeys::fail() const {
  throw base::Error::format(base::Code::kUnavailable, "the keys of {} cannot be had now", issuer_);
}

IssuerKeys::Keys IssuerKeys::keys_for(const std::string& id) {
  std::unique_lock lock(mutex_);
  if (knows(id)) return keys_;
  if (!fetching_ && !wanted_) {
    // They were asked for the moment before.
    if (Clock::now() < may_fetch_) {
      if (!keys_) fail();
      return keys_;
    }
    wanted_ = true;
    wanted_changed_.notify_all();
  }
  if (waiting_ >= kMostWaiting) fail();
  const auto before = fetches_;
  ++waiting_;
  fetched_.wait_for(lock, times_.patience, [&] { return fetches_ != before || ending_; });
  --waiting_;
  if (!keys_ || (fetches_ == before && !knows(id))) fail();
  return keys_;
}

}  // namespace davit::registry
