#pragma once
// The configuration file, davit.toml, read into each folder's own options: the only reader of configuration. Every
// setting is explained in docs/configuration.md.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/registry_settings.h"
#include "remote/registry_client.h"
#include "store/image_store.h"

namespace davit::config {

struct Settings {
  std::filesystem::path root = "/var/lib/davit";
  std::filesystem::path run = "/run/davit";
  std::string runtime = "auto";         // auto, crun, runc or a path
  std::string cgroup_manager = "auto";  // auto, systemd, cgroupfs: runtime::choose_cgroup_manager
  std::string storage_driver = "auto";  // auto, erofs, overlay: layer::LayerStoreOptions
  bool keep_compressed = true;          // store::Store::Options
  base::log::Level log_level = base::log::Level::kWarning;
  std::size_t parallel_layers = 3;
  std::size_t connections = 8;         // in all, of a pull that fetches large layers in ranges
  std::uint64_t range_size = 8 << 20;  // bytes asked for at once
  store::HistoryPolicy history;
  bool short_name_aliases = false;  // whether registries.conf's aliases are used for what is pulled
  RegistryTable registries;
  ProxyChoice proxy;

  // How to talk to a host: its own settings and certificates, else the defaults; loopback hosts may speak plain HTTP.
  // Reads the folders of certificates, and throws what find_certificates() throws.
  remote::ClientOptions client_options(const std::string& host, bool insecure) const;
  std::vector<remote::RegistryRule> registry_rules() const;
};

// Reads the file. Without `file` the default place is read where it exists. Throws Error(kInvalidArgument) naming file,
// line and key for a key it does not know or a value of the wrong type; Error(kNotFound) when a named file is missing.
Settings load(const std::optional<std::filesystem::path>& file);

inline constexpr const char* kDefaultFile = "/etc/davit/davit.toml";

}  // namespace davit::config
