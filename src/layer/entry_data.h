#pragma once
// The data of the tar entry at hand, in pieces.

#include <cstdint>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/io.h"
#include "base/strings.h"
#include "codec/tar.h"

namespace davit::layer {

// Hands the next `size` bytes of the entry's data to `write(bytes, at)`, each piece as the reader has it, with where it
// begins among them. Throws Error(kCorrupt) naming the entry when the data ends before, kCancelled after an interrupt.
template <typename Write>
void pass_entry_data(const codec::TarEntry& entry, codec::TarReader& tar, std::uint64_t size, const Write& write) {
  for (std::uint64_t at = 0; at < size;) {
    if (at > 0) base::check_interrupted();
    const base::ByteView piece = tar.data_piece(size - at);
    if (piece.empty()) {
      throw base::Error::format(base::Code::kCorrupt, "layer entry '{}' is cut short", base::printable(entry.path));
    }
    write(piece, at);
    at += piece.size();
  }
}

}  // namespace davit::layer
