#include "config/registry_server.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/fs/file.h"
#include "base/strings.h"
#include "config/toml_reader.h"
#include "http/url.h"

namespace davit::config {

namespace {

using base::Code;
using base::Error;
using registry::Settings;
using std::chrono::seconds;

constexpr std::int64_t kYear = 366 * 24 * 3600;

registry::AccessLogStyle style_of(const std::string& text, const std::string& where) {
  if (text == "off") return registry::AccessLogStyle::kOff;
  if (text == "json") return registry::AccessLogStyle::kJson;
  if (text == "common") return registry::AccessLogStyle::kCommon;
  throw Error::format(Code::kInvalidArgument, "{}: an access log is off, json or common, not '{}'", where,
                      base::printable(text));
}

class Reader : private TomlReader {
 public:
  Reader(std::string file, Settings& settings) : TomlReader(std::move(file), Unknown::kRefuse), settings_(settings) {}

  void read(std::string_view content) {
    const toml::table top = parse(content);
    apply(top, "",
          {
              {"root", [&](const auto& node) { settings_.root = absolute(node); }},
              {"address", [&](const auto& node) { settings_.addresses = addresses(node); }},
              {"drain", [&](const auto& node) { settings_.drain = seconds(number(node, 0, 3600)); }},
              {"metrics_address", [&](const auto& node) { settings_.metrics_address = text(node); }},
              {"external_url", [&](const auto& node) { settings_.external_url = url(node); }},
              {"trusted_proxies", [&](const auto& node) { settings_.trusted_proxies = texts(node); }},
              {"tls", [&](const auto& node) { read_tls(node); }},
              {"registry", [&](const auto& node) { read_registry(table(node)); }},
              {"limits", [&](const auto& node) { read_limits(table(node)); }},
              {"log", [&](const auto& node) { read_log(table(node)); }},
              {"access", [&](const auto& node) { read_access(table(node)); }},
              {"quota", [&](const auto& node) { read_each(node, [&](const auto& quota) { read_quota(quota); }); }},
          });
  }

 private:
  std::vector<std::string> addresses(const toml::node& node) const {
    auto all = node.is_array() ? texts(node) : std::vector<std::string>{text(node)};
    if (all.empty()) refuse(node, "expected at least one address");
    return all;
  }

  std::string url(const toml::node& node) const {
    std::string value = text(node);
    while (value.ends_with('/')) value.pop_back();
    if (!value.starts_with("http://") && !value.starts_with("https://"))
      refuse(node, "expected a URL: https://registry.example.com");
    return value;
  }

  void read_tls(const toml::node& node) {
    http::TlsOptions tls;
    apply(table(node), "tls.",
          {
              {"certificate", [&](const auto& value) { tls.certificate = absolute(value); }},
              {"key", [&](const auto& value) { tls.key = absolute(value); }},
              {"client_authority", [&](const auto& value) { tls.client_authority = absolute(value); }},
          });
    if (tls.certificate.empty() || tls.key.empty()) refuse(node, "[tls] needs certificate and key");
    settings_.tls = tls;
  }

  void read_registry(const toml::table& registry) {
    apply(registry, "registry.",
          {
              {"sparse_manifests", [&](const auto& node) { settings_.sparse_manifests = boolean(node); }},
              {"delete", [&](const auto& node) { settings_.deletes = boolean(node); }},
              {"upload_expiry", [&](const auto& node) { settings_.upload_expiry = seconds(number(node, 60, kYear)); }},
              {"page", [&](const auto& node) { settings_.page = number(node, 1, 100'000); }},
          });
  }

  void read_limits(const toml::table& limits) {
    auto& server = settings_.server;
    auto& clients = settings_.client_limits;
    apply(limits, "limits.",
          {
              {"manifest_bytes", [&](const auto& node) { settings_.manifest_bytes = number(node, 4 << 20, 64 << 20); }},
              {"blob_bytes", [&](const auto& node) { settings_.blob_bytes = number(node, 0, INT64_MAX); }},
              {"client_requests", [&](const auto& node) { clients.requests = number(node, 0, 1'000'000); }},
              {"client_uploads", [&](const auto& node) { clients.uploads = number(node, 0, 1'000'000); }},
              {"client_bytes", [&](const auto& node) { clients.bytes = number(node, 0, 1LL << 50); }},
              {"connections", [&](const auto& node) { server.connections = number(node, 1, 1'000'000); }},
              {"header_timeout", [&](const auto& node) { server.header_timeout = seconds(number(node, 1, 3600)); }},
              {"idle_timeout", [&](const auto& node) { server.idle_timeout = seconds(number(node, 1, 3600)); }},
              {"stall_timeout", [&](const auto& node) { server.stall_timeout = seconds(number(node, 1, 3600)); }},
              {"loops", [&](const auto& node) { server.loops = static_cast<unsigned>(number(node, 0, 256)); }},
              {"workers", [&](const auto& node) { server.workers = static_cast<unsigned>(number(node, 0, 1024)); }},
          });
  }

  void read_log(const toml::table& log) {
    apply(log, "log.",
          {
              {"access", [&](const auto& node) { settings_.access_log = style_of(text(node), place(node)); }},
              {"file", [&](const auto& node) { settings_.access_log_file = absolute(node); }},
          });
  }

  void read_access(const toml::table& access) {
    apply(access, "access.",
          {
              {"password_file", [&](const auto& node) { settings_.password_file = absolute(node); }},
              {"groups", [&](const auto& node) { read_groups(table(node)); }},
              {"issuer", [&](const auto& node) { read_each(node, [&](const auto& issuer) { read_issuer(issuer); }); }},
              {"rule", [&](const auto& node) { read_each(node, [&](const auto& rule) { read_rule(rule); }); }},
          });
  }

  // [[name]], any number of them.
  template <typename Read>
  void read_each(const toml::node& node, const Read& read) const {
    for (const toml::node& element : array(node, "tables")) read(element);
  }

  void read_quota(const toml::node& node) {
    registry::Quota quota;
    apply(table(node), "quota.",
          {
              {"repositories", [&](const auto& value) { quota.repositories = text(value); }},
              {"bytes", [&](const auto& value) { quota.bytes = number(value, 1, INT64_MAX); }},
          });
    if (quota.repositories.empty() || quota.bytes == 0) refuse(node, "a quota needs repositories and bytes");
    settings_.quotas.push_back(std::move(quota));
  }

  void read_issuer(const toml::node& node) {
    registry::ForeignIssuer issuer;
    apply(table(node), "access.issuer.",
          {
              {"name", [&](const auto& value) { issuer.name = issuer_name(value); }},
              {"issuer", [&](const auto& value) { issuer.issuer = text(value); }},
              {"audience", [&](const auto& value) { issuer.audience = text(value); }},
              {"keys_url", [&](const auto& value) { issuer.keys_url = https_url(value); }},
              {"certificate_authority", [&](const auto& value) { issuer.certificate_authority = absolute(value); }},
          });
    if (issuer.name.empty() || issuer.issuer.empty() || issuer.audience.empty() || issuer.keys_url.empty())
      refuse(node, "an issuer needs name, issuer, audience and keys_url");
    settings_.issuers.push_back(std::move(issuer));
  }

  // It stands before a ':' in the names of users.
  std::string issuer_name(const toml::node& node) const {
    std::string name = text(node);
    const bool good = std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (!good) refuse(node, "an issuer's name has letters, digits, '-', '_' and '.'");
    return name;
  }

  std::string https_url(const toml::node& node) const {
    std::string url = text(node);
    try {
      if (http::Url::parse(url).scheme == "https") return url;
    } catch (const Error&) {
      // told below
    }
    refuse(node, "expected a URL of https: https://tokens.example.com/jwks.json");
  }

  void read_groups(const toml::table& groups) {
    for (const auto& [name, members] : groups) settings_.access.groups.emplace_back(name.str(), texts(members));
  }

  void read_rule(const toml::node& node) {
    registry::AccessRule rule;
    apply(table(node), "access.rule.",
          {
              {"repositories", [&](const auto& value) { rule.repositories = text(value); }},
              {"users", [&](const auto& value) { rule.users = texts(value); }},
              {"actions", [&](const auto& value) { read_actions(value, rule); }},
          });
    if (rule.repositories.empty() || rule.users.empty())
      refuse(node, "a rule needs repositories and users (and actions, if it shall allow any)");
    settings_.access.rules.push_back(std::move(rule));
  }

  void read_actions(const toml::node& node, registry::AccessRule& rule) {
    for (const auto& word : texts(node)) {
      const auto action = registry::parse_action(word);
      if (!action) refuse(node, "actions are pull, push, delete and admin, not '" + base::printable(word) + "'");
      rule.actions.push_back(*action);
    }
  }

  Settings& settings_;
};

void apply_environment(Settings& settings) {
  const auto get = [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
  };
  if (const auto root = get("DAVIT_REGISTRY_ROOT")) settings.root = *root;
  if (const auto address = get("DAVIT_REGISTRY_ADDRESS")) settings.addresses = base::split(*address, ',');
  if (const auto file = get("DAVIT_REGISTRY_PASSWORD_FILE")) settings.password_file = *file;
  if (const auto style = get("DAVIT_REGISTRY_ACCESS_LOG"))
    settings.access_log = style_of(*style, "DAVIT_REGISTRY_ACCESS_LOG");
}

}  // namespace

registry::Settings load_registry(const std::optional<std::filesystem::path>& file) {
  const std::filesystem::path path = file.value_or(kRegistryFile);
  Settings settings;
  if (const auto content = base::fs::read_file_if_exists(path, 1024 * 1024)) {
    Reader(path.string(), settings).read(*content);
  } else if (file) {
    throw Error::format(Code::kNotFound, "configuration file {}: no such file", path.string());
  }
  apply_environment(settings);
  return settings;
}

}  // namespace davit::config
