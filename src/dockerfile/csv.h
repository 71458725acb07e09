#pragma once
// One line of comma-separated values (RFC 4180). Internal to this folder.

#include <string>
#include <string_view>
#include <vector>

namespace davit::dockerfile {

// Throws Error(kInvalidArgument): quotes that are unbalanced or inside a field.
std::vector<std::string> csv_fields(std::string_view line);

}  // namespace davit::dockerfile
