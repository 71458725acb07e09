#pragma once
// Standard output and the like: what takes bytes at a reader's pace. Part of the fs seam; see file.h.

#include <cstdint>
#include <string_view>

#include <sys/types.h>

#include "base/io.h"

namespace davit::base::fs {

// Writes what a descriptor takes now, one that does not block maybe nothing; returns how much that was. `name` is for
// messages.
std::size_t write_some(int fd, ByteView bytes, std::string_view name);

// Has the kernel send a part of a file to a socket that does not block: sendfile(2), with its result and errno.
ssize_t send_file(int socket, int file, std::uint64_t offset, std::size_t size) noexcept;

}  // namespace davit::base::fs
