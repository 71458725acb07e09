#include "layer/image_target.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "codec/erofs.h"
#include "layer/entry_data.h"
#include "layer/entry_xattrs.h"

namespace davit::layer {

using base::Code;
using base::Error;
using codec::FileChunks;
using codec::FileNode;
using codec::SparseExtent;
using codec::TarEntry;

namespace {

constexpr unsigned kLeastBits = 12;  // a page
constexpr unsigned kMostBits = 40;   // what EROFS has for chunks of blocks of 512 bytes
// A map is at most so long for each extent in it, so that an archive cannot ask for much memory with few bytes, and for
// a file; but longer where else the holes in the pieces would take too much room beside the archive.
constexpr std::uint64_t kPiecesForAnExtent = 64, kPiecesOfAFile = 1024;
constexpr std::uint64_t kMostPiecesOfAFile = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostPieces = std::uint64_t{8} << 20;
constexpr std::uint64_t kPartOfRoom = 16;  // what one file's holes may take of the room beside the archive
constexpr std::uint64_t kMostBeside = std::uint64_t{1} << 40;

std::uint64_t pieces_of(std::uint64_t size, unsigned bits) { return size == 0 ? 0 : ((size - 1) >> bits) + 1; }

// Calls for each piece that has data, in order.
template <typename Visit>
void visit_pieces(const std::vector<SparseExtent>& extents, unsigned bits, const Visit& visit) {
  std::uint64_t next = 0;
  for (const SparseExtent& extent : extents) {
    for (std::uint64_t piece = std::max(next, extent.offset >> bits);
         piece <= (extent.offset + extent.size - 1) >> bits; ++piece) {
      visit(piece);
      next = piece + 1;
    }
  }
}

std::uint64_t pieces_with_data(const std::vector<SparseExtent>& extents, unsigned bits) {
  std::uint64_t count = 0, next = 0;
  for (const SparseExtent& extent : extents) {
    const std::uint64_t first = std::max(next, extent.offset >> bits);
    const std::uint64_t end = ((extent.offset + extent.size - 1) >> bits) + 1;
    if (end > first) count += end - first;
    next = std::max(next, end);
  }
  return count;
}

[[noreturn]] void refuse(const TarEntry& entry) {
  throw Error::format(Code::kNotSupported, "layer entry '{}' has more and larger holes than an EROFS image can hold",
                      base::printable(entry.path));
}

// The pieces' size: as large as it may be for a short map, but smaller where the holes in the pieces would take much of
// the room that is left.
unsigned piece_bits(const TarEntry& entry, std::uint64_t room) {
  const std::vector<SparseExtent>& extents = *entry.sparse;
  const std::uint64_t wanted =
      std::min(kPiecesOfAFile, kPiecesForAnExtent * std::max<std::uint64_t>(extents.size(), 1));
  std::uint64_t data = 0;
  for (const SparseExtent& extent : extents) data += extent.size;
  const std::uint64_t fair = std::min(room, data + room / kPartOfRoom);
  unsigned bits = kLeastBits;
  while (bits < kMostBits && pieces_of(entry.size, bits) > wanted) ++bits;
  const auto fits = [&](std::uint64_t bytes) { return pieces_with_data(extents, bits) <= bytes >> bits; };
  while (bits > kLeastBits && !fits(fair) && pieces_of(entry.size, bits - 1) <= kMostPiecesOfAFile) --bits;
  if (!fits(room) || pieces_of(entry.size, bits) > kMostPiecesOfAFile) refuse(entry);
  return bits;
}

}  // namespace

void ImageTarget::make_file(const Place& at, const TarEntry& entry, codec::TarReader& tar) {
  FileNode& node = tree_[at.node];
  if (!entry.sparse || (entry.sparse->size() == 1 && entry.sparse->front().size == entry.size)) {
    node.data = entry.size > 0 ? tar.data_offset() : 0;
    return;
  }
  if (entry.size == 0) return;
  FileChunks chunks = map(entry);
  for (const SparseExtent& extent : *entry.sparse) {
    // Pieces that follow each other in the file do so beside the archive, too.
    const std::uint64_t piece = extent.offset >> chunks.size_bits;
    const std::uint64_t begin = chunks.offsets[piece] + (extent.offset - (piece << chunks.size_bits));
    pass_entry_data(entry, tar, extent.size,
                    [&](base::ByteView bytes, std::uint64_t done) { beside_().write_at(bytes, begin + done); });
  }
  if (!entry.sparse->empty()) node.place = codec::DataPlace::kBeside;
  node.chunks = tree_.add_chunks(std::move(chunks));
}

FileChunks ImageTarget::map(const TarEntry& entry) {
  FileChunks chunks = {.size_bits = piece_bits(entry, kMostBeside - beside_bytes_)};
  const std::uint64_t count = pieces_of(entry.size, chunks.size_bits);
  pieces_ += count;
  if (pieces_ > kMostPieces) refuse(entry);
  chunks.offsets.assign(count, FileChunks::kHole);
  visit_pieces(*entry.sparse, chunks.size_bits, [&](std::uint64_t piece) {
    chunks.offsets[piece] = beside_bytes_;
    beside_bytes_ += std::uint64_t{1} << chunks.size_bits;
  });
  return chunks;
}

std::optional<std::string> ImageTarget::set_xattr(const Place&, const std::string& key, const std::string& value) {
  if (key == kAccessAcl || key == kDefaultAcl) return std::nullopt;  // the image has what the tree keeps of it
  if (codec::erofs_keeps_xattr(key, value)) return std::nullopt;
  return "EROFS has no place for it";
}

void ImageTarget::finish() {
  if (beside_bytes_ > 0) beside_().truncate(beside_bytes_);
}

}  // namespace davit::layer
