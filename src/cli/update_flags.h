#pragma once

#include <vector>

#include "cli/command.h"

namespace davit::cli {

// The rows of the command table for `update`: run's own, as far as they can be changed.
std::vector<Flag> flags_of_update();

}  // namespace davit::cli
