#include "config/settings.h"

#include <arpa/inet.h>

#include "base/fs/file.h"
#include "config/host_certificates.h"
#include "config/registry_tables.h"
#include "config/toml_reader.h"

namespace davit::config {

namespace {

using base::Code;
using base::Error;

class Reader : private TomlReader {
 public:
  Reader(std::string file, Settings& settings) : TomlReader(std::move(file), Unknown::kRefuse), settings_(settings) {}

  void read(std::string_view content) {
    const toml::table top = parse(content);
    apply(top, "",
          {
              {"root", [&](const auto& node) { settings_.root = absolute(node); }},
              {"run", [&](const auto& node) { settings_.run = absolute(node); }},
              {"runtime", [&](const auto& node) { settings_.runtime = text(node); }},
              {"cgroup_manager", [&](const auto& node) { settings_.cgroup_manager = text(node); }},
              {"storage_driver", [&](const auto& node) { settings_.storage_driver = text(node); }},
              {"keep_compressed", [&](const auto& node) { settings_.keep_compressed = boolean(node); }},
              {"log_level", [&](const auto& node) { settings_.log_level = level(node); }},
              {"short_name_aliases", [&](const auto& node) { settings_.short_name_aliases = boolean(node); }},
              {"pull", [&](const auto& node) { read_pull(table(node)); }},
              {"history", [&](const auto& node) { read_history(table(node)); }},
              {"proxy", [&](const auto& node) { settings_.proxy = read_proxy(*this, table(node)); }},
              {"registry", [&](const auto& node) { settings_.registries = read_registries(*this, table(node)); }},
          });
  }

 private:
  void read_pull(const toml::table& pull) {
    apply(pull, "pull.",
          {
              {"parallel", [&](const auto& node) { settings_.parallel_layers = number(node, 1, 32); }},
              {"connections", [&](const auto& node) { settings_.connections = number(node, 1, 64); }},
              {"range_size",
               [&](const auto& node) {
                 settings_.range_size = number(node, std::size_t{1} << 20, std::size_t{1} << 30);
               }},
          });
  }

  void read_history(const toml::table& history) {
    apply(history, "history.",
          {
              {"moves",
               [&](const auto& node) { settings_.history.moves = static_cast<unsigned>(number(node, 0, 1'000'000)); }},
              {"days",
               [&](const auto& node) { settings_.history.days = static_cast<unsigned>(number(node, 0, 100'000)); }},
              {"bytes", [&](const auto& node) { settings_.history.bytes = number(node, 0, INT64_MAX); }},
          });
  }

  base::log::Level level(const toml::node& node) const try {
    return base::log::parse_level(text(node));
  } catch (Error& e) {
    throw Error::format(e.code(), "{}: {}", place(node), e.message());
  }

  Settings& settings_;
};

// By its literal address or as "localhost": a name that merely begins with "127." is somebody else's.
bool is_loopback(const std::string& host) {
  if (host == "[::1]" || host.starts_with("[::1]:")) return true;
  const std::string name = host.substr(0, host.find(':'));
  struct in_addr address = {};
  return name == "localhost" || (name.starts_with("127.") && inet_pton(AF_INET, name.c_str(), &address) == 1);
}

}  // namespace

remote::ClientOptions Settings::client_options(const std::string& host, bool insecure) const {
  remote::ClientOptions options;
  options.plain_http_fallback = insecure || is_loopback(host);
  options.skip_tls_verify = insecure;
  HostCertificates certificates = find_certificates(certificate_folders(), host);
  options.ca_files = std::move(certificates.authorities);
  options.client_certificate = std::move(certificates.certificate);
  options.client_key = std::move(certificates.key);
  if (const auto registry = registries.find(host); registry != registries.end()) {
    const RegistrySettings& own = registry->second;
    if (!own.ca.empty()) options.ca_files.push_back(own.ca);
    if (!own.client_certificate.empty()) {
      options.client_certificate = own.client_certificate;
      options.client_key = own.client_key;
    }
  }
  options.proxy = proxy.settings();
  options.user_agent = "davit/" DAVIT_VERSION;
  return options;
}

std::vector<remote::RegistryRule> Settings::registry_rules() const {
  std::vector<remote::RegistryRule> rules;
  for (const auto& [host, registry] : registries) rules.push_back(registry.rule);
  return rules;
}

Settings load(const std::optional<std::filesystem::path>& file) {
  const std::filesystem::path path = file.value_or(kDefaultFile);
  Settings settings;
  const auto content = base::fs::read_file_if_exists(path, 1024 * 1024);
  if (!content) {
    if (!file) return settings;
    throw Error::format(Code::kNotFound, "configuration file {}: no such file", path.string());
  }
  Reader(path.string(), settings).read(*content);
  return settings;
}

}  // namespace davit::config
