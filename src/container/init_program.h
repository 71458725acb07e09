#pragma once
// The init that runs a container's program with --init.

#include <filesystem>
#include <optional>

#include "container/description.h"

namespace davit::container {

inline constexpr const char* kNoInit =
    "--init: there is no init program on this host: install Debian's package tini (/usr/bin/tini-static)";

// A static one: tini's, docker's or podman's.
std::optional<std::filesystem::path> find_init();

// As with docker, only in a PID namespace of its own: elsewhere it would not be its init.
bool runs_init(const Description& description);

}  // namespace davit::container
