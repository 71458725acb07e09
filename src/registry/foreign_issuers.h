#pragma once
// Those whose access tokens are taken beside the registry's own. Private to src/registry.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/token.h"
#include "registry/issuer_keys.h"
#include "registry/settings.h"

namespace davit::registry {

// The keys behind a URL: one GET without redirects, within ten seconds and 64 KiB. Throws Error.
std::vector<auth::Key> fetch_issuer_keys(const ForeignIssuer& issuer);

// Safe for use by several threads.
class ForeignIssuers {
 public:
  explicit ForeignIssuers(const std::vector<ForeignIssuer>& issuers);

  // The claims of a token that names one of them as its issuer, with the issuer's name before the subject's: so it is
  // no user of ours, and another issuer's neither. Nothing where it names none of them. Throws Error(kUnauthorized)
  // where it is not good, Error(kUnavailable) where its issuer's keys cannot be had now; may wait for those.
  std::optional<auth::TokenClaims> verify(const std::string& token, std::int64_t now);

 private:
  struct Known {
    ForeignIssuer issuer;
    std::unique_ptr<IssuerKeys> keys;
  };
  std::vector<Known> known_;
};

}  // namespace davit::registry
