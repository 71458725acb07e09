#include "codec/tar_sparse.h"

#include <algorithm>
#include <string>

namespace davit::codec::tar {

namespace {

// Collects extents within the limit.
class Map {
 public:
  explicit Map(std::size_t most) : most_(most) {}

  void add(std::uint64_t offset, std::uint64_t size) {
    if (extents_.size() >= most_) throw Malformed(fmt::format("more than {} extents in a sparse file", most_));
    extents_.push_back({offset, size});
  }
  void check_count(std::uint64_t count) const {
    if (count > most_) throw Malformed(fmt::format("more than {} extents in a sparse file", most_));
  }
  std::vector<SparseExtent> take() { return std::move(extents_); }
  std::size_t size() const { return extents_.size(); }

 private:
  std::size_t most_;
  std::vector<SparseExtent> extents_;
};

// Pairs up to the first empty one. False when that was met: no block of more can follow.
bool add_old_pairs(const Header& header, Field field, Map& map) {
  for (std::size_t at = 0; at < field.size; at += 2 * kSparseNumberBytes) {
    const Field offset{field.offset + at, kSparseNumberBytes};
    const Field size{field.offset + at + kSparseNumberBytes, kSparseNumberBytes};
    if (header.bytes(offset)[0] == '\0' && header.bytes(size)[0] == '\0') return false;
    const auto offset_value = header.number(offset), size_value = header.number(size);
    if (!offset_value || !size_value || *offset_value < 0 || *size_value < 0)
      throw Malformed("malformed number in the map of a sparse file");
    map.add(static_cast<std::uint64_t>(*offset_value), static_cast<std::uint64_t>(*size_value));
  }
  return true;
}

// Format 1.0: decimal numbers, each on a line, in blocks at the head of the data.
class MapLines {
 public:
  explicit MapLines(const NextBlock& next_block) : next_block_(next_block) {}

  std::uint64_t number() {
    constexpr std::size_t kMostDigits = 20;
    std::string text;
    for (char c = byte(); c != '\n'; c = byte()) {
      if (text.size() >= kMostDigits) throw Malformed("malformed number in the map of a sparse file");
      text += c;
    }
    return parse_pax_number("number in the map of a sparse file", text);
  }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  char byte() {
    if (at_ == kBlockBytes) {
      block_ = next_block_();
      at_ = 0;
      bytes_read_ += kBlockBytes;
    }
    return block_[at_++];
  }

  const NextBlock& next_block_;
  const char* block_ = nullptr;
  std::size_t at_ = kBlockBytes;
  std::uint64_t bytes_read_ = 0;
};

void read_map_1_0(const NextBlock& next_block, Map& map, SparseFile& file) {
  MapLines lines(next_block);
  const std::uint64_t count = lines.number();
  map.check_count(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t offset = lines.number();
    map.add(offset, lines.number());
  }
  file.map_bytes = lines.bytes_read();
}

void read_map_0_1(std::string_view text, Map& map) {
  const auto next = [&text] {
    const std::size_t comma = text.find(',');
    const std::uint64_t value = parse_pax_number("GNU.sparse.map", text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    return value;
  };
  while (!text.empty()) {
    const std::uint64_t offset = next();
    map.add(offset, next());
  }
}

void read_map_0_0(const PaxRecords& records, Map& map) {
  const auto& pairs = records.sparse_pairs;
  if (pairs.size() % 2 != 0) throw Malformed("odd number of values in the map of a sparse file");
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (pairs[i].first != "GNU.sparse.offset" || pairs[i + 1].first != "GNU.sparse.numbytes")
      throw Malformed("offsets and sizes do not alternate in the map of a sparse file");
    map.add(parse_pax_number(pairs[i].first, pairs[i].second),
            parse_pax_number(pairs[i + 1].first, pairs[i + 1].second));
  }
}

}  // namespace

SparseFile read_old_sparse(const Header& header, const NextBlock& next_block, std::size_t most_extents) {
  SparseFile file;
  Map map(most_extents);
  const auto real_size = header.number(kSparseRealSize);
  if (!real_size || *real_size < 0) throw Malformed("malformed size of a sparse file");
  file.real_size = static_cast<std::uint64_t>(*real_size);
  bool more = header.bytes(kSparseMore)[0] != '\0';
  bool open = add_old_pairs(header, kSparseMap, map);
  while (more) {
    const Header block(next_block());
    if (open) open = add_old_pairs(block, kMoreSparseMap, map);
    more = block.bytes(kMoreSparseMore)[0] != '\0';
    if (more && !open) throw Malformed("the map of a sparse file goes on after its end");
  }
  file.extents = map.take();
  return file;
}

std::optional<SparseFile> read_pax_sparse(const PaxRecords& records, const NextBlock& next_block,
                                          std::size_t most_extents) {
  SparseFile file;
  Map map(most_extents);
  if (const std::string* major = records.find("GNU.sparse.major")) {
    const std::string* minor = records.find("GNU.sparse.minor");
    const std::string* real_size = records.find("GNU.sparse.realsize");
    if (*major != "1" || minor == nullptr || *minor != "0")
      throw Malformed("unknown format of a sparse file", base::Code::kNotSupported);
    if (real_size == nullptr) throw Malformed("sparse file without a size");
    file.real_size = parse_pax_number("GNU.sparse.realsize", *real_size);
    read_map_1_0(next_block, map, file);
  } else if (const std::string* size = records.find("GNU.sparse.size")) {
    file.real_size = parse_pax_number("GNU.sparse.size", *size);
    if (const std::string* text = records.find("GNU.sparse.map"))
      read_map_0_1(*text, map);
    else
      read_map_0_0(records, map);
    if (const std::string* count = records.find("GNU.sparse.numblocks");
        count != nullptr && parse_pax_number("GNU.sparse.numblocks", *count) != map.size())
      throw Malformed("the map of a sparse file has another length than it says");
  } else {
    return std::nullopt;
  }
  file.extents = map.take();
  return file;
}

void check_sparse(SparseFile& file, std::uint64_t stored) {
  std::uint64_t end = 0, sum = 0;
  for (const SparseExtent& extent : file.extents) {
    if (extent.offset < end || extent.offset > file.real_size || extent.size > file.real_size - extent.offset)
      throw Malformed("the map of a sparse file is out of order or past its end");
    end = extent.offset + extent.size;
    sum += extent.size;
  }
  if (sum != stored) throw Malformed("the map of a sparse file does not match its data");
  std::erase_if(file.extents, [](const SparseExtent& extent) { return extent.size == 0; });
}

std::string sparse_map_text(const std::vector<SparseExtent>& extents, std::uint64_t real_size) {
  // A file that ends in a hole has an empty extent at its end, as GNU tar writes it.
  const bool hole_at_end = extents.empty() || extents.back().offset + extents.back().size < real_size;
  std::string text = std::to_string(extents.size() + (hole_at_end ? 1 : 0)) + '\n';
  const auto add = [&text](std::uint64_t offset, std::uint64_t size) {
    text += std::to_string(offset) + '\n' + std::to_string(size) + '\n';
  };
  for (const SparseExtent& extent : extents) add(extent.offset, extent.size);
  if (hole_at_end) add(real_size, 0);
  text.append(padding_of(text.size()), '\0');
  return text;
}

}  // namespace davit::codec::tar
