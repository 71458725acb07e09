#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace davit::cli {

// The fields of one line of comma-separated values (RFC 4180): one that begins with a quote ends with one, and holds
// quotes doubled. Throws Error(kInvalidArgument) in the words of Go's reader; "EOF" for an empty line.
std::vector<std::string> csv_fields(std::string_view line);

}  // namespace davit::cli
