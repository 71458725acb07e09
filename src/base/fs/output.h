#pragma once
// Standard output and the like: what takes bytes at a reader's pace. Part of the fs seam; see file.h.

#include <string_view>

#include "base/io.h"

namespace davit::base::fs {

// Writes what a descriptor takes now, one that does not block maybe nothing; returns how much that was. `name` is for
// messages.
std::size_t write_some(int fd, ByteView bytes, std::string_view name);

}  // namespace davit::base::fs
