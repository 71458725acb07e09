#pragma once
// JSON laid out anew, its members and values as they were written.

#include <string>
#include <string_view>

namespace davit::docker {

// As Go's json.Indent does: a line for each member and element, `unit` for each level. Only blanks between tokens
// change: numbers, escapes and the order stay. The text must be JSON.
std::string indent_json(std::string_view json, std::string_view unit);

}  // namespace davit::docker
