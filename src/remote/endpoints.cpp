#include "remote/endpoints.h"

#include "base/error.h"

namespace davit::remote {

using base::Code;
using base::Error;

namespace {

constexpr std::string_view kWildcard = "*.";

std::string_view host_of(std::string_view name) { return name.substr(0, name.find('/')); }

// How much of the name the prefix covers; 0 when it does not fit. A wildcard covers the host.
std::size_t matched(std::string_view prefix, std::string_view name) {
  if (prefix.starts_with(kWildcard)) {
    const std::string_view host = host_of(name);
    const std::string_view bare = host.substr(0, host.rfind(':'));
    const std::string_view domain = prefix.substr(1);
    return bare.size() > domain.size() && bare.ends_with(domain) ? host.size() : 0;
  }
  if (!name.starts_with(prefix)) return 0;
  return name.size() == prefix.size() || name[prefix.size()] == '/' ? prefix.size() : 0;
}

// A host of its own beats a wildcard that covers it, and a longer domain a shorter one.
const RegistryRule* best(const std::vector<RegistryRule>& rules, std::string_view name) {
  const RegistryRule* found = nullptr;
  std::pair<std::size_t, std::size_t> found_rank;
  for (const RegistryRule& rule : rules) {
    const std::size_t length = matched(rule.prefix, name);
    const bool wildcard = rule.prefix.starts_with(kWildcard);
    const std::pair rank(length, wildcard ? rule.prefix.size() : std::string::npos);
    if (length == 0 || (found != nullptr && rank < found_rank)) continue;
    found = &rule;  // of equal ones the last
    found_rank = rank;
  }
  return found;
}

struct Found {
  const RegistryRule* own;
  const RegistryRule* system;

  // The rule that decides an item.
  template <typename Item>
  const RegistryRule* deciding(Item RegistryRule::*item) const {
    if (own != nullptr && own->*item) return own;
    if (system != nullptr && system->*item) return system;
    return nullptr;
  }
};

Found find(const RegistryRules& rules, std::string_view name) {
  return {.own = best(rules.own, name), .system = best(rules.system, name)};
}

void refuse_blocked(const Found& found) {
  const RegistryRule* rule = found.deciding(&RegistryRule::blocked);
  if (rule == nullptr || !*rule->blocked) return;
  throw Error::format(Code::kPermissionDenied, "registry {} is blocked in {}", rule->prefix, rule->source);
}

// Whether davit.toml itself says it of a host: nothing when it says nothing.
std::optional<bool> own_insecure(const RegistryRules& rules, std::string_view name) {
  const RegistryRule* rule = best(rules.own, name);
  return rule == nullptr ? std::nullopt : rule->insecure;
}

oci::RepositoryName moved(const std::string& location, std::string_view prefix, const std::string& name) {
  return oci::RepositoryName::parse(location + name.substr(matched(prefix, name)));
}

bool serves(MirrorUse use, bool by_digest) {
  return use == MirrorUse::kAll || (use == MirrorUse::kByDigest) == by_digest;
}

bool says_insecure(const Found& found) {
  const RegistryRule* rule = found.deciding(&RegistryRule::insecure);
  return rule != nullptr && *rule->insecure;
}

Endpoint location_of(const RegistryRules& rules, const Found& found, const oci::RepositoryName& repository) {
  Endpoint endpoint{.repository = repository, .insecure = says_insecure(found), .mirror = false};
  const RegistryRule* rule = found.deciding(&RegistryRule::location);
  if (rule == nullptr) return endpoint;
  endpoint.repository = moved(*rule->location, rule->prefix, repository.text());
  if (endpoint.repository.domain() != repository.domain()) {
    endpoint.insecure = endpoint.insecure || own_insecure(rules, endpoint.repository.text()).value_or(false);
  }
  return endpoint;
}

}  // namespace

bool is_valid_location(std::string_view text) {
  const std::string_view host = host_of(text);
  // With "/a/b" behind it a host alone is a whole name, to which nothing is added.
  const std::string name = std::string(text) + "/a/b";
  try {
    return !host.empty() && oci::RepositoryName::parse(name).text() == name;
  } catch (const Error&) {
    return false;
  }
}

bool is_valid_prefix(std::string_view text) {
  if (!text.starts_with(kWildcard)) return is_valid_location(text);
  const std::string_view domain = text.substr(kWildcard.size());
  return domain.find_first_of("/:") == std::string_view::npos && is_valid_location("x." + std::string(domain));
}

std::vector<Endpoint> reading_endpoints(const RegistryRules& rules, const oci::RepositoryName& repository,
                                        bool by_digest) {
  const std::string name = repository.text();
  const Found found = find(rules, name);
  refuse_blocked(found);
  std::vector<Endpoint> endpoints;
  if (const RegistryRule* rule = found.deciding(&RegistryRule::mirrors)) {
    for (const MirrorRule& mirror : *rule->mirrors) {
      if (!serves(mirror.use, by_digest)) continue;
      Endpoint endpoint{.repository = moved(mirror.location, rule->prefix, name), .insecure = false, .mirror = true};
      endpoint.insecure = own_insecure(rules, endpoint.repository.text()).value_or(mirror.insecure.value_or(false));
      endpoints.push_back(std::move(endpoint));
    }
  }
  endpoints.push_back(location_of(rules, found, repository));
  return endpoints;
}

Endpoint writing_endpoint(const RegistryRules& rules, const oci::RepositoryName& repository) {
  const Found found = find(rules, repository.text());
  refuse_blocked(found);
  return {.repository = repository, .insecure = says_insecure(found), .mirror = false};
}

bool is_insecure_host(const RegistryRules& rules, const std::string& host) {
  const Found found = find(rules, host);
  refuse_blocked(found);
  return says_insecure(found);
}

}  // namespace davit::remote
