#pragma once
// Container names: docker's rule, and names for those who give none.

#include <string>
#include <string_view>

namespace davit::container {

// Throws Error(kInvalidArgument) with docker's words unless [a-zA-Z0-9][a-zA-Z0-9_.-]+. A leading slash is taken off.
std::string checked_name(std::string_view name);

// An adjective and the surname of somebody who built ships, charts or engines: "steady_brunel". `attempt` above a few
// adds a digit.
std::string random_name(unsigned attempt);

}  // namespace davit::container
