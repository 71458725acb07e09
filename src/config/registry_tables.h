#pragma once
// Reads what registry_settings.h declares. Included by src/config's .cpp files only.

#include "config/registry_settings.h"
#include "config/toml_reader.h"

namespace davit::config {

RegistryTable read_registries(const TomlReader& reader, const toml::table& registries);
ProxyChoice read_proxy(const TomlReader& reader, const toml::table& proxy);

}  // namespace davit::config
