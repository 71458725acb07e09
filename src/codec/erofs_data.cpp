#include "codec/erofs_data.h"

#include <algorithm>

#include "base/error.h"

namespace davit::codec::erofs {

using base::Code;
using base::Error;

FileData::Chunks FileData::chunks_of(const FileNode& file) const {
  const auto count = [&](unsigned bits) { return ((file.size - 1) >> (options_.block_bits + bits)) + 1; };
  unsigned bits = kChunkBitsMask;
  if (file.chunks != 0) {
    const FileChunks& chunks = tree_.chunks(file);
    if (chunks.size_bits < kErofsBlockBits || chunks.size_bits > kErofsBlockBits + kChunkBitsMask ||
        chunks.offsets.size() != ((file.size - 1) >> chunks.size_bits) + 1) {
      throw Error(Code::kInternal, "the pieces of a sparse file do not make its size");
    }
    bits = std::max(chunks.size_bits, options_.block_bits) - options_.block_bits;
  }
  while (bits > 0 && count(bits - 1) == 1) --bits;
  return {bits, count(bits)};
}

std::uint32_t FileData::block_at(std::uint64_t offset) const {
  if (offset / block() >= kHole - 1) throw Error(Code::kNotSupported, "EROFS has no place for data past 2 TiB");
  return static_cast<std::uint32_t>(offset / block());
}

void FileData::store_indexes(const FileNode& file, std::uint64_t inside_block, std::byte* at) const {
  const Chunks chunks = chunks_of(file);
  const unsigned size_bits = options_.block_bits + chunks.bits;
  for (std::uint64_t i = 0; i < chunks.count; ++i, at += kChunkSize) {
    std::uint32_t block_number = kHole, device = 0;
    if (!is_hole(file, i, size_bits)) {
      if (inside()) {
        block_number = static_cast<std::uint32_t>(inside_block);
        inside_block += blocks_of(file, i, size_bits);
      } else {
        device = file.place == DataPlace::kArchive ? 1 : 2;
        if (device > devices()) throw Error(Code::kInternal, "data lies beside the archive where there is nothing");
        const std::uint64_t offset = file.chunks == 0 ? file.data + (i << size_bits) : tree_.chunks(file).offsets[i];
        if (offset % block() != 0) throw Error(Code::kInternal, "a file's data does not begin with a block");
        block_number = block_at(offset);
      }
    }
    store(at + chunk::kDeviceAt, static_cast<std::uint16_t>(device));
    store(at + chunk::kBlockAt, block_number);
  }
}

// The tree's pieces that a chunk is made of: one, or several smaller ones.
std::span<const std::uint64_t> FileData::pieces_of(const FileNode& file, std::uint64_t chunk,
                                                   unsigned size_bits) const {
  const FileChunks& chunks = tree_.chunks(file);
  const std::uint64_t each = size_bits > chunks.size_bits ? std::uint64_t{1} << (size_bits - chunks.size_bits) : 1;
  const std::span<const std::uint64_t> all = chunks.offsets;
  return all.subspan(chunk * each, std::min<std::uint64_t>(each, all.size() - chunk * each));
}

bool FileData::is_hole(const FileNode& file, std::uint64_t chunk, unsigned size_bits) const {
  if (file.chunks == 0) return false;
  const auto pieces = pieces_of(file, chunk, size_bits);
  return std::all_of(pieces.begin(), pieces.end(), [](std::uint64_t offset) { return offset == FileChunks::kHole; });
}

std::uint64_t FileData::blocks_of(const FileNode& file, std::uint64_t chunk, unsigned size_bits) const {
  const std::uint64_t left = file.size - (chunk << size_bits);
  return round_up(std::min(left, std::uint64_t{1} << size_bits), block()) / block();
}

std::uint64_t FileData::inside_blocks(const FileNode& file) const {
  const Chunks chunks = chunks_of(file);
  const unsigned size_bits = options_.block_bits + chunks.bits;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < chunks.count; ++i) {
    if (!is_hole(file, i, size_bits)) sum += blocks_of(file, i, size_bits);
  }
  return sum;
}

void FileData::write(const FileNode& file, Output& out) const {
  const Chunks chunks = chunks_of(file);
  const unsigned size_bits = options_.block_bits + chunks.bits;
  for (std::uint64_t i = 0; i < chunks.count; ++i) {
    if (is_hole(file, i, size_bits)) continue;
    const std::uint64_t begin = i << size_bits, end = std::min(file.size, (i + 1) << size_bits);
    if (file.chunks == 0) {
      copy(file.place, file.data + begin, end - begin, out);
    } else {
      const std::uint64_t piece = std::uint64_t{1} << tree_.chunks(file).size_bits;
      std::uint64_t at = begin;
      for (const std::uint64_t offset : pieces_of(file, i, size_bits)) {
        copy(file.place, offset, std::min(end - at, piece), out);
        at += piece;
      }
    }
    out.extend(round_up(end - begin, block()) - (end - begin));
  }
}

void FileData::copy(DataPlace place, std::uint64_t offset, std::uint64_t bytes, Output& out) const {
  constexpr std::uint64_t kStep = 64 * 1024;
  for (std::uint64_t done = 0; done < bytes;) {
    const std::uint64_t step = std::min(kStep, bytes - done);
    std::byte* at = out.extend(step);
    if (offset != FileChunks::kHole) options_.data(place, offset + done, {at, step});
    done += step;
  }
}

}  // namespace davit::codec::erofs
