#pragma once
// Access tokens of registries: JWT (RFC 7519) with the claims of docker's token specification ("Token Authentication
// Implementation"). Pure: the time is given.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jose.h"

namespace davit::auth {

// What a token allows of one resource: "repository", "team/app", {"pull", "push"}.
struct TokenAccess {
  std::string type, name;
  std::vector<std::string> actions;
  bool operator==(const TokenAccess&) const = default;
};

// "repository:team/app:pull,push", "registry:catalog:*". The name may have colons (a port). Throws
// Error(kInvalidArgument) naming the text.
TokenAccess parse_scope(std::string_view text);
std::string scope_text(const TokenAccess& access);

struct TokenClaims {
  std::string issuer, subject, id;
  std::vector<std::string> audience;
  std::int64_t issued = 0, not_before = 0, expires = 0;  // seconds since 1970
  std::vector<TokenAccess> access;
};

std::string sign_token(const TokenClaims& claims, const Key& key);

// Whom a token names as its issuer, and by which key. Nobody verified that: it is good for finding the keys to verify
// it with, and for nothing else.
struct TokenOrigin {
  std::string issuer, key;  // empty: not told
};
// Throws Error(kUnauthorized) for what is no JWS compact token.
TokenOrigin origin_of(std::string_view token);

struct TokenExpectations {
  std::string issuer, audience;
  std::int64_t now = 0;
  std::int64_t leeway = 30;  // seconds that clocks may differ
};

// Throws Error(kUnauthorized) saying what is wrong, never with the token in it: no JWS compact token, an algorithm that
// is not the key's own, an unknown key, a signature of somebody else, a critical header, another issuer or audience,
// too early, too late, no end.
TokenClaims verify_token(std::string_view token, const std::vector<Key>& keys, const TokenExpectations& expected);

}  // namespace davit::auth
