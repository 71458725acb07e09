#pragma once
// Small functions on text that the standard library lacks.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/io.h"

namespace davit::base {

std::vector<std::string> split(std::string_view text, char separator);  // "a,,b" -> a, "", b; "" -> one empty part
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);  // spaces, tabs and line ends on both sides
std::string to_lower(std::string_view text);   // ASCII only
std::string to_upper(std::string_view text);   // ASCII only
std::string to_hex(ByteView bytes);
std::string to_base64(std::string_view bytes);          // RFC 4648, padded
std::string from_base64(std::string_view text);         // throws Error(kInvalidArgument)
bool is_hex(std::string_view text);                     // non-empty, [0-9a-f] only
std::optional<bool> parse_bool(std::string_view text);  // docker's words for both: Go's strconv.ParseBool
std::string random_hex(std::size_t bytes);              // 2 * bytes digits from getrandom(2)
std::string printable(std::string_view text,
                      std::size_t most = 200);  // control bytes as \xNN, cut with "…": untrusted text for messages

}  // namespace davit::base
