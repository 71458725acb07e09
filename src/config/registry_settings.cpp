#include "config/registry_settings.h"

#include "config/registry_tables.h"

namespace davit::config {

namespace {

std::string location(const TomlReader& reader, const toml::node& node) {
  std::string text = reader.text(node);
  if (!remote::is_valid_location(text)) reader.refuse(node, "expected HOST[:PORT][/PATH] without a scheme");
  return text;
}

std::vector<remote::MirrorRule> mirrors(const TomlReader& reader, const toml::node& node) {
  std::vector<remote::MirrorRule> all;
  for (const toml::node& element : reader.array(node, "texts in quotes")) {
    all.push_back({.location = location(reader, element)});
  }
  return all;
}

RegistrySettings read_registry(const TomlReader& reader, const std::string& host, const toml::node& node) {
  if (host.find('/') != std::string::npos || !remote::is_valid_location(host)) {
    reader.refuse(node, "'registry." + host + "': expected HOST[:PORT] as a table's name");
  }
  RegistrySettings settings;
  remote::RegistryRule& rule = settings.rule;
  rule.prefix = host;
  rule.source = reader.file();
  reader.apply(
      reader.table(node), "registry." + host + ".",
      {
          {"insecure", [&](const auto& value) { rule.insecure = reader.boolean(value); }},
          {"blocked", [&](const auto& value) { rule.blocked = reader.boolean(value); }},
          {"location", [&](const auto& value) { rule.location = location(reader, value); }},
          {"mirrors", [&](const auto& value) { rule.mirrors = mirrors(reader, value); }},
          {"ca", [&](const auto& value) { settings.ca = reader.absolute(value); }},
          {"client_certificate", [&](const auto& value) { settings.client_certificate = reader.absolute(value); }},
          {"client_key", [&](const auto& value) { settings.client_key = reader.absolute(value); }},
      });
  if (settings.client_certificate.empty() != settings.client_key.empty())
    reader.refuse(node, "'registry." + host + "': client_certificate and client_key go together");
  return settings;
}

}  // namespace

RegistryTable read_registries(const TomlReader& reader, const toml::table& registries) {
  RegistryTable all;
  for (const auto& [key, node] : registries) {
    const std::string host(key.str());
    all.emplace(host, read_registry(reader, host, node));
  }
  return all;
}

ProxyChoice read_proxy(const TomlReader& reader, const toml::table& proxy) {
  ProxyChoice choice;
  reader.apply(proxy, "proxy.",
               {
                   {"http", [&](const auto& value) { choice.http = reader.text(value); }},
                   {"https", [&](const auto& value) { choice.https = reader.text(value); }},
                   {"no", [&](const auto& value) { choice.no = reader.text(value); }},
               });
  return choice;
}

http::ProxySettings ProxyChoice::settings() const {
  http::ProxySettings chosen = http::ProxySettings::from_environment();
  if (http) chosen.http = *http;
  if (https) chosen.https = *https;
  if (no) chosen.no_proxy = *no;
  return chosen;
}

}  // namespace davit::config
