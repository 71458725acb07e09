#pragma once
// What lists show of a container, in docker's words. `full` is --no-trunc.

#include <string>

#include "cli/context.h"

namespace davit::cli {

// "Up 3 minutes", "Exited (0) 2 hours ago", "Created".
std::string status_of(const container::State& state, base::Time now);

// In one line and quotes, whatever an image put there.
std::string command_of(const container::Record& record, bool full);

// The name under which it was made, while that still means the image; else the image's ID, whole with `full`.
std::string image_shown(Context& context, const container::Description& description, bool full);

}  // namespace davit::cli
