#pragma once
// zstd, RFC 8878: used through compression.h.

#include <memory>

#include "base/io.h"

namespace davit::codec {

// Decompresses `source`, which outlives the result: one frame or many, skippable frames passed over, checksums checked.
std::unique_ptr<base::Source> unzstd(base::Source& source);

// Compresses to `sink`, which outlives the result, as one frame with a checksum. Levels 1 to 19; 0 is the default.
std::unique_ptr<base::Sink> zstd(base::Sink& sink, int level);

inline constexpr int kDefaultZstdLevel = 3;
inline constexpr int kZstdWindowLogMax = 27;  // 128 MiB

}  // namespace davit::codec
