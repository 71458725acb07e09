#pragma once
// Durations as Go writes and docker takes them: "1h30m", "1.5s", "300ms".

#include <chrono>
#include <string>
#include <string_view>

namespace davit::text {

// One number with a unit after another (ns, us, ms, s, m, h), a sign before all of them; "0" alone needs no unit.
// Throws Error(kInvalidArgument) in Go's words (`time: missing unit in duration "30"`).
std::chrono::nanoseconds parse_duration(std::string_view text);

// As Go prints it: "1h30m0s", "1.5s", "300ms", "0s".
std::string go_duration(std::chrono::nanoseconds span);

}  // namespace davit::text
