#pragma once
// The one clock. Wall times are UTC nanoseconds since 1970; tests replace them by DAVIT_TEST_NOW (RFC 3339) in the
// environment.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace davit::base {

using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

Time now();
std::string to_rfc3339(
    Time time);  // "2026-11-23T17:30:55.123456789Z"; fraction without trailing zeros, as Go's RFC3339Nano
std::optional<Time> parse_rfc3339(std::string_view text);  // any fraction, Z or ±hh:mm; nothing when malformed

}  // namespace davit::base
