#pragma once
// The configuration of `davit registry serve`, registry.toml. Every setting is explained in
// docs/registry.toml.example.

#include <filesystem>
#include <optional>

#include "registry/settings.h"

namespace davit::config {

// Reads the file, or the default place where it exists; then the environment's overrides: DAVIT_REGISTRY_ROOT,
// DAVIT_REGISTRY_ADDRESS (several by commas), DAVIT_REGISTRY_PASSWORD_FILE, DAVIT_REGISTRY_ACCESS_LOG. Throws
// Error(kInvalidArgument) naming file, line and key for what it does not know and for values of a wrong kind;
// Error(kNotFound) when a named file is missing.
registry::Settings load_registry(const std::optional<std::filesystem::path>& file);

inline constexpr const char* kRegistryFile = "/etc/davit/registry.toml";

}  // namespace davit::config
