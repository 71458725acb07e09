#pragma once
// How lists show a container's image.

#include <string>

#include "cli/context.h"

namespace davit::cli {

// The name under which it was made, while that still means the image; else the image's ID, whole with `full`.
std::string image_shown(Context& context, const container::Description& description, bool full);

}  // namespace davit::cli
