#pragma once
// What each client has had of requests, bytes and uploads, and how long it must wait for more. Private to src/registry.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "registry/settings.h"

namespace davit::registry {

// Clients are any texts that tell them apart. Each has a bucket that fills at its rate: of requests what ten seconds
// allow may come at once, of bytes what a minute allows. Who has had nothing for long is forgotten; where there are
// very many clients, so is the half that has had least. Safe for use by several threads. A time that goes back counts
// as standing still.
class ClientLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  using Wait = std::optional<std::chrono::seconds>;  // nothing: go on; else at least one second

  explicit ClientLimiter(const ClientLimits& limits) : limits_(limits) {}
  bool is_on() const { return limits_.requests != 0 || limits_.uploads != 0 || limits_.bytes != 0; }

  // Counts a request, unless it must wait.
  Wait request(const std::string& client, Clock::time_point now);
  // Whether one would have to wait.
  Wait request_wait(const std::string& client, Clock::time_point now);

  // Whether something with many bytes must wait: as long as more were moved than the client may.
  Wait bytes_wait(const std::string& client, Clock::time_point now);
  // Bytes that are moved, or will be: never refused. What was charged and not moved is given back.
  void charge(const std::string& client, std::uint64_t bytes, Clock::time_point now);
  void give_back(const std::string& client, std::uint64_t bytes);

  // An upload under way, until it is destroyed. The limiter outlives it.
  class Upload {
   public:
    Upload() = default;  // not counted
    Upload(ClientLimiter& limiter, std::string client) : limiter_(&limiter), client_(std::move(client)) {}
    ~Upload();
    Upload(Upload&& other) noexcept
        : limiter_(std::exchange(other.limiter_, nullptr)), client_(std::move(other.client_)) {}
    Upload& operator=(Upload&& other) noexcept {
      std::swap(limiter_, other.limiter_);
      client_.swap(other.client_);
      return *this;
    }

   private:
    ClientLimiter* limiter_ = nullptr;
    std::string client_;
  };
  // Nothing: the client has as many as it may.
  std::optional<Upload> begin_upload(const std::string& client, Clock::time_point now);

  std::size_t clients();  // that are remembered
  static constexpr std::size_t kMostClients = 16 * 1024;

 private:
  struct Account {
    double requests, bytes;  // left; below nothing: a debt
    std::uint64_t uploads = 0;
    Clock::time_point filled;
  };
  Account& account(const std::string& client, Clock::time_point now);
  void fill(Account& account, Clock::time_point now) const;
  bool is_as_new(const Account& account) const;
  void forget(Clock::time_point now);

  const ClientLimits limits_;
  std::mutex mutex_;
  std::unordered_map<std::string, Account> accounts_;  // guarded by mutex_
};

}  // namespace davit::registry
