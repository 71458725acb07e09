#include "blob/pieces.h"

#include <algorithm>

namespace davit::blob {

namespace {

constexpr std::string_view kMagic = "davit pieces 1\n\n";  // before a byte for each block
constexpr char kHere = 1;

}  // namespace

std::optional<Pieces> Pieces::read(const base::fs::File& file, std::uint64_t blob_size) {
  Pieces pieces(blob_size);
  if (file.size() != blob_size + kMagic.size() + pieces.blocks()) return std::nullopt;
  std::string trailer(kMagic.size() + pieces.blocks(), '\0');
  if (file.read_at(std::as_writable_bytes(std::span(trailer)), blob_size) != trailer.size()) return std::nullopt;
  if (!trailer.starts_with(kMagic)) return std::nullopt;
  for (std::uint64_t block = 0; block < pieces.blocks(); ++block) {
    if (trailer[kMagic.size() + block] != kHere) continue;
    pieces.merge(block * kBlockBytes, std::min((block + 1) * kBlockBytes, blob_size));
  }
  return pieces;
}

Pieces Pieces::begin(base::fs::File& file, std::uint64_t blob_size) {
  Pieces pieces(blob_size);
  if (const std::uint64_t first = std::min(file.size(), blob_size); first > 0) pieces.merge(0, first);
  file.write_at(base::as_byte_view(std::string(kMagic) + pieces.marks()), blob_size);
  return pieces;
}

void Pieces::add(base::fs::File& file, std::uint64_t begin, std::uint64_t end) {
  if (begin == end) return;
  const BlobWriter::Range around = merge(begin, end);
  std::uint64_t first = begin / kBlockBytes, last = (end - 1) / kBlockBytes + 1;
  while (first < last && !has(around, first)) ++first;
  while (first < last && !has(around, last - 1)) --last;
  if (first == last) return;
  const std::string marks(last - first, kHere);
  file.write_at(base::as_byte_view(marks), blob_size_ + kMagic.size() + first);
}

std::uint64_t Pieces::prefix() const {
  return !there_.empty() && there_.begin()->first == 0 ? there_.begin()->second : 0;
}

std::vector<BlobWriter::Range> Pieces::missing() const {
  std::vector<BlobWriter::Range> gaps;
  std::uint64_t at = 0;
  for (const auto& [begin, end] : there_) {
    if (begin > at) gaps.push_back({at, begin});
    at = end;
  }
  if (at < blob_size_) gaps.push_back({at, blob_size_});
  return gaps;
}

// Returns the whole run of bytes of which these are now a part.
BlobWriter::Range Pieces::merge(std::uint64_t begin, std::uint64_t end) {
  auto next = there_.upper_bound(begin);
  if (next != there_.begin()) {
    const auto before = std::prev(next);
    if (before->second >= begin) {
      begin = before->first;
      end = std::max(end, before->second);
      there_.erase(before);
    }
  }
  while (next != there_.end() && next->first <= end) {
    end = std::max(end, next->second);
    next = there_.erase(next);
  }
  there_.emplace(begin, end);
  return {begin, end};
}

bool Pieces::has(const BlobWriter::Range& range, std::uint64_t block) const {
  return range.begin <= block * kBlockBytes && std::min((block + 1) * kBlockBytes, blob_size_) <= range.end;
}

std::string Pieces::marks() const {
  std::string marks(blocks(), '\0');
  for (const auto& [begin, end] : there_) {
    for (std::uint64_t block = begin / kBlockBytes; block * kBlockBytes < end; ++block) {
      if (has({begin, end}, block)) marks[block] = kHere;
    }
  }
  return marks;
}

}  // namespace davit::blob
