#pragma once
// What the registry's commands share.

#include "cli/arguments.h"
#include "config/registry_server.h"

namespace davit::cli {

// --config and --root of `registry …`, with what the environment says.
registry::Settings registry_settings(const Arguments& arguments);

}  // namespace davit::cli
