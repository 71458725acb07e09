#include "registry/request_share.h"

#include <fmt/core.h>

#include "registry/errors.h"
#include "registry/forwarded.h"

namespace davit::registry {

namespace {

using Clock = ClientLimiter::Clock;

http::ServerResponse too_many_requests(const ClientLimits& limits, std::chrono::seconds wait) {
  return refuse_until(wait, fmt::format("too many requests: a client may send {} per second here", limits.requests));
}

}  // namespace

RequestShare::~RequestShare() {
  if (received_ < charged_) limiter_.give_back(client_, charged_ - received_);
}

std::optional<http::ServerResponse> RequestShare::before() {
  if (!is_on()) return std::nullopt;
  const auto wait = limiter_.request_wait("address " + client_address(settings_, request_), Clock::now());
  if (!wait) return std::nullopt;
  return too_many_requests(settings_.client_limits, *wait);
}

std::optional<http::ServerResponse> RequestShare::open(const Caller& caller, Moves moves) {
  if (!is_on()) return std::nullopt;
  const auto& limits = settings_.client_limits;
  const std::string client =
      caller.is_anonymous() ? "address " + client_address(settings_, request_) : "user " + caller.user;
  const auto now = Clock::now();
  if (const auto wait = limiter_.request(client, now)) return too_many_requests(limits, *wait);
  if (const auto wait = moves == Moves::kLittle ? std::nullopt : limiter_.bytes_wait(client, now))
    return refuse_until(*wait, fmt::format("too many bytes: a client may move {} per second here", limits.bytes));
  if (moves == Moves::kUpload) {
    upload_ = limiter_.begin_upload(client, now);
    if (!upload_) {
      return refuse_until(std::chrono::seconds(1),
                          fmt::format("too many uploads: a client may have {} at once here", limits.uploads));
    }
  }
  client_ = client;
  charged_ = request_.content_length.value_or(0);
  limiter_.charge(client_, charged_, now);
  return std::nullopt;
}

void RequestShare::received(std::uint64_t bytes) {
  if (client_.empty()) return;
  received_ += bytes;
  if (received_ <= charged_) return;
  // Nobody told how many there would be.
  limiter_.charge(client_, received_ - charged_, Clock::now());
  charged_ = received_;
}

void RequestShare::answered(http::ServerResponse& response) {
  upload_.reset();
  if (client_.empty() || request_.method == "HEAD") return;
  limiter_.charge(client_, response.length(), Clock::now());
  response.note(client_);
}

void RequestShare::finished(ClientLimiter& limiter, const http::ServerResponse& response, std::uint64_t sent) {
  if (!response.note().empty() && sent < response.length())
    limiter.give_back(response.note(), response.length() - sent);
}

}  // namespace davit::registry
