#pragma once
// containers' registries.conf, version 2 (containers-registries.conf(5), containers-registries.conf.d(5)): what skopeo
// and podman read on the same machine.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remote/endpoints.h"

namespace davit::config {

struct ShortNameAlias {
  std::string name;    // "registry.example/team/app"
  std::string source;  // the file
};

struct RegistriesConf {
  std::vector<remote::RegistryRule> rules;
  std::map<std::string, ShortNameAlias> aliases;  // by short name

  // Lays a later file over this: tables of the same prefix are replaced, an alias without a value is erased.
  // unqualified-search-registries and short-name-mode are passed over: a short name is Docker Hub's, as for docker.
  // Unknown keys are warned of. Throws Error(kInvalidArgument) naming file and line for anything malformed, and
  // Error(kNotSupported) for the old version 1 format.
  void add(std::string_view text, const std::string& file);
};

struct RegistriesConfPlaces {
  std::filesystem::path system = "/etc/containers";
  std::optional<std::filesystem::path> user;  // ~/.config/containers
  std::optional<std::filesystem::path> file;  // this one alone

  static RegistriesConfPlaces from_environment();  // $HOME, $CONTAINERS_REGISTRIES_CONF
};

// The user's registries.conf where there is one, else the system's with its registries.conf.d; then the user's
// registries.conf.d. Only a named file must exist.
RegistriesConf load_registries_conf(const RegistriesConfPlaces& places);

}  // namespace davit::config
