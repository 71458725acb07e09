#include "remote/registry_client.h"

#include <charconv>

#include "base/error.h"
#include "base/strings.h"
#include "remote/client_state.h"
#include "remote/registry_error.h"

namespace davit::remote {

using base::Code;
using base::Error;

RegistryClient::RegistryClient(std::string host, ClientOptions options,
                               std::shared_ptr<const auth::CredentialStore> credentials)
    : state_(std::make_unique<State>(std::move(host), std::move(options), std::move(credentials))) {}

RegistryClient::~RegistryClient() = default;

bool RegistryClient::has_blob(const oci::RepositoryName& repository, const oci::Digest& digest) {
  Call call{.method = "HEAD", .target = blob_target(repository, digest), .scopes = {Scope::pull(repository)}};
  call.named = false;
  const http::Response response = state_->session.send_with_retries(call);
  if (response.status == 404) return false;
  if (!response.ok()) throw to_error(call.method, response);
  return true;
}

auth::Credentials RegistryClient::check_login(const auth::Credentials& credentials) {
  Session& session = state_->session;
  Authorizer authorizer(session.client(), session.options(), [&credentials] { return std::optional(credentials); });
  authorizer.ask_for_identity_token();
  const Call call{.target = "/v2/", .scopes = {}};
  Retrier retrier(session.options());
  for (;;) {
    try {
      const http::Response response = session.send_as(call, authorizer);
      if (response.ok()) {
        auth::Credentials kept = credentials;
        if (const auto token = authorizer.identity_token()) {
          kept.password.clear();
          kept.identity_token = *token;
        }
        return kept;
      }
      if (may_pass(response.status) && retrier.wait(response)) continue;
      throw Error::format(response.status == 401 || response.status == 403 ? Code::kUnauthorized : Code::kUnavailable,
                          "login attempt to {} failed with status: {}", response.url.redacted(),
                          response.status_text());
    } catch (const http::TransportError& e) {
      if (!session.may_pass(e) || !retrier.wait()) throw;
    }
  }
}

Session& RegistryClient::session() { return state_->session; }

std::optional<std::chrono::microseconds> RegistryClient::latency() const { return state_->session.latency(); }

RateLimit RegistryClient::rate_limit() const { return state_->session.rate_limit(); }

}  // namespace davit::remote
