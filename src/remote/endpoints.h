#pragma once
// Where an image's bytes are really to be had: what davit.toml and containers' registries.conf say of mirrors, other
// locations and blocked names (containers-registries.conf(5)). Pure: rules and a name give a list of endpoints. The
// image keeps its own name whatever comes out.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/reference.h"

namespace davit::remote {

enum class MirrorUse { kAll, kByDigest, kByTag };

struct MirrorRule {
  std::string location;  // host[:port][/path…]
  std::optional<bool> insecure;
  MirrorUse use = MirrorUse::kAll;
  bool operator==(const MirrorRule&) const = default;
};

// What one table says of the names that begin with its prefix. What is not said is left to others.
struct RegistryRule {
  std::string prefix;                   // host[:port][/path…], or "*.domain" for every host below the domain
  std::string source;                   // the file, for messages
  std::optional<std::string> location;  // stands in the prefix's place
  std::optional<bool> insecure;         // plain HTTP, or TLS without verification
  std::optional<bool> blocked;
  std::optional<std::vector<MirrorRule>> mirrors;
  bool operator==(const RegistryRule&) const = default;
};

// Of each list the rule with the longest fitting prefix counts; where both lists have one, what `own` says wins over
// `system`, item by item.
struct RegistryRules {
  std::vector<RegistryRule> own;     // davit.toml
  std::vector<RegistryRule> system;  // registries.conf
};

struct Endpoint {
  oci::RepositoryName repository;  // the host to ask, and the path there
  bool insecure = false;
  bool mirror = false;
  bool operator==(const Endpoint&) const = default;
};

// "host[:port][/path…]" with a host that no reader takes for a namespace of Docker Hub; without scheme, tag, digest.
bool is_valid_location(std::string_view text);
// The same, or "*.domain".
bool is_valid_prefix(std::string_view text);

// To be tried in this order for reading: the mirrors that serve this kind of name, then the location. Never empty.
// Throws Error(kPermissionDenied) "registry PREFIX is blocked in FILE".
std::vector<Endpoint> reading_endpoints(const RegistryRules& rules, const oci::RepositoryName& repository,
                                        bool by_digest);

// For writing: always where the name says. Throws as above.
Endpoint writing_endpoint(const RegistryRules& rules, const oci::RepositoryName& repository);

// What the rules say of a host as a whole (for a login). Throws as above when all of it is blocked.
bool is_insecure_host(const RegistryRules& rules, const std::string& host);

}  // namespace davit::remote
