#pragma once
// The configuration file, davit.toml, read into each folder's own options: the only reader of configuration. Every
// setting is explained in docs/configuration.md.

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/log.h"
#include "oci/reference.h"
#include "remote/registry_client.h"
#include "store/image_store.h"

namespace davit::config {

struct RegistrySettings {
  bool insecure = false;     // plain HTTP, or TLS without verification
  std::filesystem::path ca;  // PEM file, in addition to the system's
};

struct Settings {
  std::filesystem::path root = "/var/lib/davit";
  std::filesystem::path run = "/run/davit";
  std::string runtime = "auto";  // auto, crun, runc or a path
  base::log::Level log_level = base::log::Level::kWarning;
  std::size_t parallel_layers = 3;
  store::HistoryPolicy history;
  std::map<std::string, RegistrySettings> registries;  // by host[:port]

  // How to talk to a registry: its own settings, else the defaults; loopback hosts may speak plain HTTP.
  remote::ClientOptions client_options(const std::string& host) const;
};

// Reads the file. Without `file` the default place is read where it exists. Throws Error(kInvalidArgument) naming file,
// line and key for a key it does not know or a value of the wrong type; Error(kNotFound) when a named file is missing.
Settings load(const std::optional<std::filesystem::path>& file);

inline constexpr const char* kDefaultFile = "/etc/davit/davit.toml";

}  // namespace davit::config
