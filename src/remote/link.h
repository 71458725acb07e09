#pragma once
// Link headers (RFC 8288), by which a list says where it goes on.

#include <optional>
#include <string>
#include <vector>

namespace davit::remote {

// The target of the first link whose rel is "next".
std::optional<std::string> next_link(const std::vector<std::string>& headers);

}  // namespace davit::remote
