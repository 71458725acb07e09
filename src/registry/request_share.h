#pragma once
// What one request takes of what its client may have. Private to src/registry.

#include <optional>
#include <string>

#include "http/request.h"
#include "http/response.h"
#include "registry/access.h"
#include "registry/client_limiter.h"
#include "registry/settings.h"

namespace davit::registry {

// For one thread at a time. All that it is given outlives it. Costs nothing where nothing is limited.
class RequestShare {
 public:
  enum class Moves { kLittle, kAnswer, kUpload };  // what may be large: its answer, or its body

  RequestShare(ClientLimiter& limiter, const Settings& settings, const http::ServerRequest& request)
      : limiter_(limiter), settings_(settings), request_(request) {}
  ~RequestShare();
  RequestShare(const RequestShare&) = delete;
  RequestShare& operator=(const RequestShare&) = delete;

  bool is_on() const { return limiter_.is_on(); }  // whether anything is limited
  // Before credentials are looked at, which takes time: the refusal where their address has had its share.
  std::optional<http::ServerResponse> before();
  // Counts the request to its client; the refusal where that has had its share. Once, before anything else.
  std::optional<http::ServerResponse> open(const Caller& caller, Moves moves);
  void received(std::uint64_t bytes);  // of its body
  // The request's work is done: its upload has ended, and its answer's bytes are counted.
  void answered(http::ServerResponse& response);
  // After that was sent: gives back what was not.
  static void finished(ClientLimiter& limiter, const http::ServerResponse& response, std::uint64_t sent);

 private:
  ClientLimiter& limiter_;
  const Settings& settings_;
  const http::ServerRequest& request_;
  std::string client_;  // once it counts
  std::uint64_t charged_ = 0, received_ = 0;
  std::optional<ClientLimiter::Upload> upload_;
};

}  // namespace davit::registry
