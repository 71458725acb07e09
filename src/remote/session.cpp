#include "remote/session.h"

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "base/strings.h"
#include "remote/registry_error.h"

namespace davit::remote {

using base::Code;
using base::Error;

namespace {

constexpr char kDockerHub[] = "docker.io";
constexpr char kDockerHubApi[] = "registry-1.docker.io";

http::ClientOptions http_options(const ClientOptions& options) {
  return {.connect_timeout = options.connect_timeout,
          .stall_timeout = options.stall_timeout,
          .ca_files = options.ca_files,
          .client_certificate = options.client_certificate,
          .client_key = options.client_key,
          .proxy = options.proxy,
          .skip_tls_verify = options.skip_tls_verify,
          .user_agent = options.user_agent.empty() ? "davit" : options.user_agent};
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end != text.data() ? std::optional(number) : std::nullopt;
}

}  // namespace

Session::Session(std::string host, ClientOptions options, std::shared_ptr<const auth::CredentialStore> credentials)
    : host_(std::move(host)),
      options_(std::move(options)),
      client_(http_options(options_)),
      authorizer_(client_, options_,
                  [store = std::move(credentials), name = host_] {
                    return store ? store->find(name) : std::optional<auth::Credentials>();
                  }),
      scheme_(options_.plain_http            ? Scheme::kHttp
              : options_.plain_http_fallback ? Scheme::kUnknown
                                             : Scheme::kHttps) {}

http::Url Session::url_with(Scheme scheme, const std::string& target) const {
  const std::string api_host = host_ == kDockerHub ? kDockerHubApi : host_;
  return http::Url::parse((scheme == Scheme::kHttp ? "http://" : "https://") + api_host + target);
}

http::Url Session::url_of(const std::string& target) const { return url_with(scheme_, target); }

http::Response Session::send(const Call& call) { return send_as(call, authorizer_); }

http::Response Session::send_as(const Call& call, Authorizer& authorizer) {
  if (call.url) return send_authorized(call, *call.url, authorizer);
  if (scheme_ != Scheme::kUnknown) return send_authorized(call, url_of(call.target), authorizer);
  try {
    http::Response response = send_authorized(call, url_with(Scheme::kHttps, call.target), authorizer);
    scheme_ = Scheme::kHttps;
    return response;
  } catch (const http::TransportError& e) {
    // A peer that ends the handshake without a word of TLS may be one that speaks none, too. Where nobody answers,
    // plain HTTP fails as well, with the words that docker shows.
    if (e.failure() != http::Failure::kNotTls && e.failure() != http::Failure::kBroken &&
        e.failure() != http::Failure::kConnect)
      throw;
  }
  scheme_ = Scheme::kHttp;
  try {
    http::Response response = send_authorized(call, url_of(call.target), authorizer);
    base::log::debug("{} does not speak TLS: plain HTTP from now on", host_);
    return response;
  } catch (const http::TransportError&) {
    if (!has_answered_) scheme_ = Scheme::kUnknown;
    throw;
  }
}

http::Response Session::send_authorized(const Call& call, const http::Url& url, Authorizer& authorizer) {
  const bool ours = url.same_origin(url_of("/"));
  http::Request request{
      .method = call.method, .url = url, .headers = call.headers, .body = call.body, .body_size = call.body_size};
  const auto authorize = [&](auto&& obtain) -> std::optional<std::string> {
    try {
      return obtain();
    } catch (const Error& e) {
      if (e.code() == Code::kCancelled) throw;
      // No TransportError any more: what the token server did was tried again there.
      throw Error(e.code(), call.named ? http::describe(call.method, url) + ": " + e.message() : e.message());
    }
  };
  std::optional<std::string> used;
  if (ours) used = authorize([&] { return authorizer.authorization(url, call.scopes); });
  if (used) request.headers.set("Authorization", *used);
  const auto choose = [&](const http::ResponseHead& head) {
    has_answered_ = true;  // even if the rest does not come
    return call.choose ? call.choose(head) : nullptr;
  };
  http::Response response = client_.send(request, choose);
  answered(response);
  // A 401 of somebody to whom we were redirected is no question to us.
  if (response.status != 401 || !ours || !response.url.same_origin(url)) return response;
  const auto better = authorize([&] { return authorizer.answer(response, call.scopes, used); });
  if (!better) return response;
  request.headers.set("Authorization", *better);
  response = client_.send(request, choose);
  answered(response);
  return response;
}

http::Response Session::send_with_retries(const Call& call) {
  Retrier retrier(options_);
  for (;;) {
    try {
      http::Response response = send(call);
      if (!remote::may_pass(response.status) || !retrier.wait(response)) return response;
    } catch (const http::TransportError& e) {
      if (!may_pass(e) || !retrier.wait()) throw;
    }
  }
}

bool Session::may_pass(const http::TransportError& failure) const {
  switch (failure.failure()) {
    case http::Failure::kBroken:
      return true;
    case http::Failure::kResolve:
    case http::Failure::kConnect:
    case http::Failure::kTimeout:
    case http::Failure::kTls:
      return has_answered_;
    case http::Failure::kNotTls:
    case http::Failure::kCertificate:
    case http::Failure::kProxy:
      return false;
  }
  return false;
}

void Session::answered(const http::Response& response) {
  has_answered_ = true;
  const auto limit = response.headers.get("RateLimit-Limit");
  const auto remaining = response.headers.get("RateLimit-Remaining");
  const std::lock_guard lock(mutex_);
  if (response.waited) latency_ = std::min(latency_.value_or(*response.waited), *response.waited);
  if (!limit && !remaining) return;
  if (limit) {
    rate_limit_.limit = leading_number(*limit);
    if (const auto window = limit->find("w="); window != std::string::npos) {
      if (const auto number = leading_number(std::string_view(*limit).substr(window + 2))) {
        rate_limit_.window = std::chrono::seconds(*number);
      }
    }
  }
  if (remaining) rate_limit_.remaining = leading_number(*remaining);
  rate_limit_.source = base::printable(response.headers.get("Docker-RateLimit-Source").value_or(""), 100);
}

std::optional<std::chrono::microseconds> Session::latency() const {
  const std::lock_guard lock(mutex_);
  return latency_;
}

RateLimit Session::rate_limit() const {
  const std::lock_guard lock(mutex_);
  return rate_limit_;
}

}  // namespace davit::remote
