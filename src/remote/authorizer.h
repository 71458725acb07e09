#pragma once
// How a registry is told who asks: Basic, or tokens (docs: distribution's token authentication specification). Nothing
// is sent before the registry has asked once; then what it asked for is remembered, and tokens are kept per scope in
// memory. Safe for use by several threads: those that need the same token meet, and one of them fetches it.

#include <chrono>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/credentials.h"
#include "http/client.h"
#include "remote/challenge.h"
#include "remote/registry_client.h"
#include "remote/scope.h"

namespace davit::remote {

class Authorizer {
 public:
  using FindCredentials = std::function<std::optional<auth::Credentials>()>;

  // All outlive it. `find` is called at most once, when first needed.
  Authorizer(http::Client& client, const ClientOptions& options, FindCredentials find);

  // For a login: the token server is asked for a token that can stand in the password's place from then on.
  void ask_for_identity_token() { wants_identity_token_ = true; }
  // What it gave, if it did.
  std::optional<std::string> identity_token();

  // The Authorization value for a request to the registry; nothing until a challenge told what it wants. May fetch a
  // token, and throws what answer() throws.
  std::optional<std::string> authorization(const http::Url& url, const Scopes& scopes);

  // The value with which to try again after a 401. `used` is what the refused request carried. Nothing when there is no
  // better one: the credentials are wrong, or the registry does not say how. Throws Error(kUnauthorized) "no basic auth
  // credentials" where a password is wanted and there is none; Error(kPermissionDenied) where it would travel in the
  // clear; and the token server's refusal.
  std::optional<std::string> answer(const http::Response& refused, const Scopes& scopes,
                                    const std::optional<std::string>& used);

 private:
  enum class Scheme { kUnknown, kBasic, kBearer };
  struct Token {
    Scopes scopes;
    std::string value;
    std::chrono::steady_clock::time_point expires;
  };

  std::unique_lock<std::mutex> wait_for_turn();
  const std::optional<auth::Credentials>& credentials();
  http::Request refresh_request(const Scopes& scopes);
  void require_privacy(const http::Url& registry) const;
  std::string basic(const http::Url& url);
  std::string bearer(const http::Url& url, Scopes scopes);
  Token fetch(const http::Url& registry, const Scopes& scopes);
  http::Request token_request(const http::Url& registry, const Scopes& scopes);

  http::Client& client_;
  const ClientOptions& options_;
  FindCredentials find_;

  std::mutex mutex_;  // guards all below; held while a token is fetched, so that it is fetched once
  bool asked_for_credentials_ = false;
  std::optional<auth::Credentials> credentials_;
  std::exception_ptr helper_failure_;  // why there are none
  bool wants_identity_token_ = false;
  std::optional<std::string> identity_token_;
  Scheme scheme_ = Scheme::kUnknown;
  std::string realm_, service_;
  Scopes extra_scopes_;  // of the challenge's, those that name no repository: wanted with every token
  std::vector<Token> tokens_;
};

}  // namespace davit::remote
