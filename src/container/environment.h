#pragma once
// The environment of a container's processes.

#include <string>
#include <vector>

#include "container/description.h"

namespace davit::container {

// Docker's order: its own variables (PATH, HOSTNAME, with a terminal TERM), then the container's and `added`, each
// replacing one of its name; HOME last, unless it was set. Without a `home` there is none of ours.
std::vector<std::string> environment(const Description& description, const std::string& hostname,
                                     const std::string& home, bool terminal,
                                     const std::vector<std::string>& added = {});

}  // namespace davit::container
