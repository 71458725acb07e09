#pragma once

#include <string_view>

namespace davit::container {

// "SIGTERM", "term", "15", "RTMIN+3": the number. Throws Error(kInvalidArgument, "Invalid signal: X").
int parse_signal(std::string_view text);

}  // namespace davit::container
