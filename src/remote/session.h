#pragma once
// Requests to one registry: which scheme it speaks, who asks, and what is tried again. Shared by all that
// RegistryClient does; safe for use by several threads.

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "http/client.h"
#include "remote/authorizer.h"
#include "remote/registry_client.h"
#include "remote/retry.h"

namespace davit::remote {

struct Call {
  std::string method = "GET";
  std::string target;  // "/v2/…"; path and query
  std::optional<http::Url>
      url;  // where the registry sent us, in place of target; credentials go to the registry's origin only
  Scopes scopes;
  http::Headers headers = {};
  std::function<std::unique_ptr<base::Source>()> body = {};
  std::uint64_t body_size = 0;
  http::SinkChooser choose = {};
  bool named =
      true;  // whether a refusal to authenticate names the request, as docker does for manifests but not for blobs
};

class Session {
 public:
  Session(std::string host, ClientOptions options, std::shared_ptr<const auth::CredentialStore> credentials);

  // One exchange, with at most one authentication on the way. Any status is an answer.
  http::Response send(const Call& call);
  // The same, tried again where the failure or the status may pass. The body or sink must bear that.
  http::Response send_with_retries(const Call& call);
  // Whether a failed exchange is worth another try: not where the host never answered at all, nor what will not change.
  bool may_pass(const http::TransportError& failure) const;

  // A login's check uses the session's connection and scheme with other credentials.
  http::Response send_as(const Call& call, Authorizer& authorizer);

  http::Client& client() { return client_; }
  const ClientOptions& options() const { return options_; }
  const std::string& host() const { return host_; }   // as users name it: "docker.io"
  http::Url url_of(const std::string& target) const;  // with the scheme as far as it is known
  RateLimit rate_limit() const;
  // The shortest wait for the first byte of an answer so far.
  std::optional<std::chrono::microseconds> latency() const;

 private:
  enum class Scheme { kUnknown, kHttps, kHttp };
  http::Response send_authorized(const Call& call, const http::Url& url, Authorizer& authorizer);
  http::Url url_with(Scheme scheme, const std::string& target) const;
  void answered(const http::Response& response);

  const std::string host_;
  const ClientOptions options_;
  http::Client client_;
  Authorizer authorizer_;
  std::atomic<Scheme> scheme_;
  std::atomic<bool> has_answered_{false};
  mutable std::mutex mutex_;
  RateLimit rate_limit_;                              // guarded by mutex_
  std::optional<std::chrono::microseconds> latency_;  // guarded by mutex_
};

}  // namespace davit::remote
