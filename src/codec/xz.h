#pragma once
// The .xz file format, as far as it is read: used through compression.h.

#include <cstdint>
#include <memory>

#include "base/io.h"

namespace davit::codec {

// Decompresses `source`, which outlives the result: one stream or many, padding between them, checks verified.
std::unique_ptr<base::Source> unxz(base::Source& source);

inline constexpr std::uint64_t kXzMemoryLimit = 256 * 1024 * 1024;  // `xz -9` needs 65 MiB

}  // namespace davit::codec
