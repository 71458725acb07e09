#pragma once
// Sizes and durations as Go's libraries read them. Internal to this folder.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace davit::dockerfile {

// "64m", "1.5 GiB", "1024": bytes; units are powers of 1024. Nothing where it is malformed, negative or too large.
std::optional<std::int64_t> parse_bytes(std::string_view text);

// "1m30s", "1.5h", "-2us", "0". Nothing where it is malformed or too large.
std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

// A whole number in that base, without sign; nothing where it is none or larger than 32 bits.
std::optional<std::uint32_t> parse_number(std::string_view text, int base);

}  // namespace davit::dockerfile
