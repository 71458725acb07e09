#pragma once
// When and how often a failed request is tried again.

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/client.h"
#include "remote/registry_client.h"

namespace davit::remote {

// 408, 429 and what a server may get over: 5xx but 501 and 505.
bool may_pass(int status);

// A Retry-After header's wait from `now` on: seconds or an HTTP date (RFC 9110, 10.2.3); nothing when malformed.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, base::Time now);

// Counts the tries of one piece of work.
class Retrier {
 public:
  explicit Retrier(const ClientOptions& options) : options_(options) {}
  // Forgets the failures so far: the work has got further.
  void progressed() { failures_ = 0; }
  // After a failure: waits and returns true, or returns false at once when the tries are used up or the server wants us
  // to wait longer than max_backoff. Throws Error(kCancelled) when the user interrupts.
  bool wait(std::optional<std::chrono::milliseconds> wanted_by_server = {});
  bool wait(const http::ResponseHead& answer);  // as its Retry-After says

 private:
  const ClientOptions& options_;
  int failures_ = 0;
};

}  // namespace davit::remote
