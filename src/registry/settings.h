#pragma once
// What a registry server can be told; src/config reads it from registry.toml, where each is explained.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "http/server.h"
#include "registry/access.h"
#include "registry/metadata.h"

namespace davit::registry {

enum class AccessLogStyle { kOff, kJson, kCommon };

// What each client may have: a user, or an address where nobody is told. 0: as much as it likes.
struct ClientLimits {
  std::uint64_t requests = 0;  // per second
  std::uint64_t uploads = 0;   // at once
  std::uint64_t bytes = 0;     // per second, up and down
};

// Somebody else whose access tokens are taken: JWT with the claims of docker's token specification.
struct ForeignIssuer {
  std::string name;                             // goes before its subjects: "ci" makes "ci:alice"
  std::string issuer, audience;                 // what its tokens must say
  std::string keys_url;                         // its JWKS document (RFC 7517); https alone
  std::filesystem::path certificate_authority;  // PEM, beside the system's; empty: those alone
};

struct Settings {
  std::filesystem::path root = "/var/lib/davit-registry";
  std::vector<std::string> addresses = {"127.0.0.1:5000"};
  std::optional<http::TlsOptions> tls;
  http::ServerOptions server;
  std::chrono::milliseconds drain{30'000};
  std::string metrics_address;  // empty: /metrics is served with the rest

  AccessLogStyle access_log = AccessLogStyle::kOff;
  std::filesystem::path access_log_file;     // empty: standard output
  std::vector<std::string> trusted_proxies;  // addresses and networks, "unix"
  std::string external_url;                  // what clients call us; empty: what their requests say

  bool sparse_manifests = false;  // manifests may name what is not here
  bool deletes = true;
  std::size_t manifest_bytes = 4 * 1024 * 1024;
  std::uint64_t blob_bytes = 0;  // the largest blob that is taken; 0: any
  ClientLimits client_limits;
  std::chrono::seconds upload_expiry{24 * 3600};
  std::size_t page = 1000;  // entries of a list that says no number, and at most

  std::filesystem::path password_file;  // htpasswd -B
  AccessRules access;
  std::vector<ForeignIssuer> issuers;
  std::vector<Quota> quotas;
};

// Throws Error(kInvalidArgument) for what cannot be served together: unreadable certificates, rules without passwords,
// two quotas of one pattern, two issuers of one name.
void check(const Settings& settings);

}  // namespace davit::registry
