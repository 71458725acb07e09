#pragma once
// Sizes for people, digit by digit as docker prints them (go-units).

#include <cstdint>
#include <string>

namespace davit::text {

// Significant digits, where docker shows fewer than usual: the SIZE of `images` and `history`.
inline constexpr int kImageSizeDigits = 3;

// Powers of 1000: "0B", "95B", "3.22kB", "1.986MB", at most `digits` significant digits and no trailing zeros. As for
// docker, what rounds up to 1000 of a unit is "1000kB" in four digits and "1e+03kB" in three.
std::string human_size(std::uint64_t bytes, int digits = 4);

// Powers of 1024, four significant digits: "512KiB", "7.637GiB" (memory).
std::string binary_size(std::uint64_t bytes);

}  // namespace davit::text
