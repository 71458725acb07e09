#pragma once
// The data of the tar entry at hand, in pieces.

#include <functional>
#include <vector>

#include "base/io.h"
#include "codec/tar.h"

namespace davit::layer {

// Hands the next `size` bytes of the entry's data to `write`, each piece with where it begins among them. The buffer is
// the caller's, to be used again for the next; any size. Throws Error(kCorrupt) naming the entry when the data ends
// before, kCancelled after an interrupt.
void copy_entry_data(const codec::TarEntry& entry, codec::TarReader& tar, std::uint64_t size,
                     std::vector<std::byte>& buffer,
                     const std::function<void(base::ByteView bytes, std::uint64_t at)>& write);

}  // namespace davit::layer
