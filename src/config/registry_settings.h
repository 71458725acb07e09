#pragma once
// The tables [registry."HOST"] and [proxy] of davit.toml.

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "http/proxy.h"
#include "remote/endpoints.h"

namespace davit::config {

struct RegistrySettings {
  remote::RegistryRule rule;
  std::filesystem::path ca;  // PEM file, in addition to the system's
  std::filesystem::path client_certificate, client_key;
};

using RegistryTable = std::map<std::string, RegistrySettings>;  // by host[:port]

// Each that is set wins over the environment's; an empty text means none.
struct ProxyChoice {
  std::optional<std::string> http, https, no;

  http::ProxySettings settings() const;
};

}  // namespace davit::config
