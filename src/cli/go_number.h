#pragma once
// Numbers as Go's strconv reads them, which docker's flags are read with.

#include <cstdint>
#include <string_view>

namespace davit::cli {

// With base 0 as in Go's source: "10", "0x1f", "0b1", "0o17", "017", and "1_000" where digits are parted. Throws
// Error(kInvalidArgument) in Go's words: `strconv.ParseInt: parsing "x": invalid syntax`.
std::int64_t parse_int(std::string_view text, int base = 0);

// The same without a sign, up to `most`.
std::uint64_t parse_uint(std::string_view text, int base = 0, std::uint64_t most = UINT64_MAX);

}  // namespace davit::cli
