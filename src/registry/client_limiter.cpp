#include "registry/client_limiter.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace davit::registry {

namespace {

constexpr double kRequestSeconds = 10, kByteSeconds = 60;  // what may come at once

double most_requests(const ClientLimits& limits) { return static_cast<double>(limits.requests) * kRequestSeconds; }
double most_bytes(const ClientLimits& limits) { return static_cast<double>(limits.bytes) * kByteSeconds; }

ClientLimiter::Wait until_filled(double missing, std::uint64_t rate) {
  const double seconds = std::ceil(missing / static_cast<double>(rate));
  return std::chrono::seconds(static_cast<std::int64_t>(std::clamp(seconds, 1.0, 1e9)));
}

}  // namespace

void ClientLimiter::fill(Account& account, Clock::time_point now) const {
  const double seconds = std::chrono::duration<double>(now - account.filled).count();
  if (seconds <= 0) return;
  account.requests =
      std::min(most_requests(limits_), account.requests + seconds * static_cast<double>(limits_.requests));
  account.bytes = std::min(most_bytes(limits_), account.bytes + seconds * static_cast<double>(limits_.bytes));
  account.filled = now;
}

bool ClientLimiter::is_as_new(const Account& account) const {
  return account.uploads == 0 && account.requests >= most_requests(limits_) && account.bytes >= most_bytes(limits_);
}

// Half of the room is free afterwards, so that this is rare. Uploads under way are never forgotten: connections bound
// those.
void ClientLimiter::forget(Clock::time_point now) {
  for (auto& [client, account] : accounts_) fill(account, now);
  std::erase_if(accounts_, [&](const auto& each) { return is_as_new(each.second); });
  if (accounts_.size() <= kMostClients / 2) return;
  const auto missing = [&](const Account& account) {
    return std::pair(most_bytes(limits_) - account.bytes, most_requests(limits_) - account.requests);
  };
  std::vector<std::pair<double, double>> all;
  for (const auto& [client, account] : accounts_) all.push_back(missing(account));
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  std::erase_if(accounts_,
                [&](const auto& each) { return each.second.uploads == 0 && missing(each.second) <= *middle; });
}

ClientLimiter::Account& ClientLimiter::account(const std::string& client, Clock::time_point now) {
  auto found = accounts_.find(client);
  if (found == accounts_.end()) {
    if (accounts_.size() >= kMostClients) forget(now);
    found =
        accounts_
            .emplace(client, Account{.requests = most_requests(limits_), .bytes = most_bytes(limits_), .filled = now})
            .first;
  }
  fill(found->second, now);
  return found->second;
}

ClientLimiter::Wait ClientLimiter::request(const std::string& client, Clock::time_point now) {
  if (limits_.requests == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  Account& account = this->account(client, now);
  if (account.requests < 1) return until_filled(1 - account.requests, limits_.requests);
  account.requests -= 1;
  return std::nullopt;
}

ClientLimiter::Wait ClientLimiter::request_wait(const std::string& client, Clock::time_point now) {
  if (limits_.requests == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(client);
  if (found == accounts_.end()) return std::nullopt;
  fill(found->second, now);
  if (found->second.requests >= 1) return std::nullopt;
  return until_filled(1 - found->second.requests, limits_.requests);
}

ClientLimiter::Wait ClientLimiter::bytes_wait(const std::string& client, Clock::time_point now) {
  if (limits_.bytes == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(client);
  if (found == accounts_.end()) return std::nullopt;
  fill(found->second, now);
  if (found->second.bytes >= 0) return std::nullopt;
  return until_filled(-found->second.bytes, limits_.bytes);
}

void ClientLimiter::charge(const std::string& client, std::uint64_t bytes, Clock::time_point now) {
  if (limits_.bytes == 0 || bytes == 0) return;
  const std::lock_guard lock(mutex_);
  account(client, now).bytes -= static_cast<double>(bytes);
}

void ClientLimiter::give_back(const std::string& client, std::uint64_t bytes) {
  if (limits_.bytes == 0 || bytes == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(client);
  if (found == accounts_.end()) return;
  found->second.bytes = std::min(most_bytes(limits_), found->second.bytes + static_cast<double>(bytes));
}

std::optional<ClientLimiter::Upload> ClientLimiter::begin_upload(const std::string& client, Clock::time_point now) {
  if (limits_.uploads == 0) return std::make_optional<Upload>();
  const std::lock_guard lock(mutex_);
  Account& account = this->account(client, now);
  if (account.uploads >= limits_.uploads) return std::nullopt;
  ++account.uploads;
  return std::make_optional<Upload>(*this, client);
}

ClientLimiter::Upload::~Upload() {
  if (limiter_ == nullptr) return;
  const std::lock_guard lock(limiter_->mutex_);
  const auto found = limiter_->accounts_.find(client_);
  if (found != limiter_->accounts_.end()) --found->second.uploads;
}

std::size_t ClientLimiter::clients() {
  const std::lock_guard lock(mutex_);
  return accounts_.size();
}

}  // namespace davit::registry
