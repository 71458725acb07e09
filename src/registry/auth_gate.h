#pragma once
// The gate of a registry with rules: passwords, refresh tokens, and access tokens of its own token service and of
// foreign issuers (distribution-spec has none; docker's "Token Authentication Specification" is what clients speak).

#include <unordered_map>

#include "registry/errors.h"
#include "registry/foreign_issuers.h"
#include "registry/gate.h"
#include "registry/password_checks.h"
#include "registry/token_store.h"

namespace davit::registry {

class AuthGate final : public Gate {
 public:
  AuthGate(const Settings& settings, TokenStore& tokens);

  std::optional<Caller> known(const http::ServerRequest& request) override;
  std::variant<Caller, http::ServerResponse> admit(const http::ServerRequest& request, const Wish& wish) override;
  http::Handler::Reply greet(const http::ServerRequest& request) override;
  bool serves(const http::ServerRequest& request) override;
  http::Handler::Reply serve(const http::ServerRequest& request) override;

  void reload() override { passwords_.reload_if_changed(); }

 private:
  using Identified = std::variant<Caller, http::ServerResponse>;
  struct KnownToken {
    Caller caller;
    std::int64_t expires;
  };

  Identified identify(const http::ServerRequest& request);
  Identified identify_basic(const std::string& user, const std::string& password, const http::ServerRequest& request);
  Caller bearer(const std::string& token);
  void remember(const std::string& token, const Caller& caller, std::int64_t expires);
  http::ServerResponse challenge(const http::ServerRequest& request, const std::string& scope, std::string_view error,
                                 Problem problem) const;
  http::ServerResponse grant(const http::ServerRequest& request, const std::string& parameters, bool is_post);
  std::string realm(const http::ServerRequest& request) const;

  const Settings& settings_;
  TokenStore& tokens_;
  PasswordChecks passwords_;
  ForeignIssuers foreign_;
  std::mutex mutex_;
  std::unordered_map<std::string, KnownToken> known_tokens_;  // guarded by mutex_
};

}  // namespace davit::registry
