#pragma once
// For the tests of tar: archives read whole, and headers made by hand.

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "codec/tar.h"
#include "codec/test_support.h"

namespace davit::codec::testing {

struct ReadEntry {
  TarEntry entry;
  std::string stored;  // what data() gave

  // The file as unpacked, holes and all.
  std::string content() const {
    if (!entry.sparse) return stored;
    std::string text(entry.size, '\0');
    std::size_t at = 0;
    for (const SparseExtent& extent : *entry.sparse) {
      text.replace(extent.offset, extent.size, stored, at, extent.size);
      at += extent.size;
    }
    return text;
  }
};

inline std::vector<ReadEntry> read_archive(base::Source& source, TarReader::Limits limits = {}) {
  std::vector<ReadEntry> all;
  TarReader reader(source, limits);
  while (auto entry = reader.next()) {
    std::string data = read_whole(reader.data());
    all.push_back({std::move(*entry), std::move(data)});
  }
  reader.drain();
  return all;
}

// Gives out views of a text, of sizes that go round in a list.
class ViewPieces final : public base::PieceSource {
 public:
  ViewPieces(std::string_view text, std::vector<std::size_t> sizes) : rest_(text), sizes_(std::move(sizes)) {}
  base::ByteView next() override {
    const std::string_view piece = rest_.substr(0, std::max<std::size_t>(sizes_[at_++ % sizes_.size()], 1));
    rest_.remove_prefix(piece.size());
    return base::as_byte_view(piece);
  }

 private:
  std::string_view rest_;
  std::vector<std::size_t> sizes_;
  std::size_t at_ = 0;
};

// The same archive without a copy of its data. `all_in` is where the pieces lie: views of data must lie there too.
inline std::vector<ReadEntry> read_archive_by_pieces(std::string_view all_in, std::vector<std::size_t> sizes,
                                                     std::size_t most = SIZE_MAX) {
  ViewPieces pieces(all_in, std::move(sizes));
  std::vector<ReadEntry> all;
  TarReader reader(pieces);
  while (auto entry = reader.next()) {
    const std::uint64_t begin = reader.data_offset();
    std::string data;
    for (auto piece = reader.data_piece(most); !piece.empty(); piece = reader.data_piece(most)) {
      EXPECT_LE(piece.size(), most);
      EXPECT_EQ(base::as_text(piece).data(), all_in.data() + begin + data.size());
      data += base::as_text(piece);
    }
    all.push_back({std::move(*entry), std::move(data)});
  }
  reader.drain();
  EXPECT_TRUE(pieces.next().empty());
  return all;
}

inline std::vector<ReadEntry> read_archive(std::string_view bytes, std::size_t step = 1 << 20) {
  DripSource source(bytes, step);
  return read_archive(source);
}

// A header block, field by field; the checksum is filled in.
class RawHeader {
 public:
  explicit RawHeader(std::string_view name, char type = '0', std::uint64_t size = 0) {
    set(0, name);
    set(100, "0000644");
    set(108, "0000001");
    set(116, "0000002");
    octal(124, 12, size);
    octal(136, 12, 1234567890);
    block_[156] = type;
    magic("ustar\00000");
  }
  RawHeader& set(std::size_t offset, std::string_view bytes) {
    std::copy(bytes.begin(), bytes.end(), block_.begin() + static_cast<std::ptrdiff_t>(offset));
    return *this;
  }
  template <std::size_t N>
  RawHeader& magic(const char (&bytes)[N]) {
    return set(257, std::string_view(bytes, N - 1));
  }
  RawHeader& gnu() { return magic("ustar  \0"); }
  RawHeader& v7() { return set(257, std::string_view("\0\0\0\0\0\0\0\0", 8)); }
  RawHeader& octal(std::size_t offset, std::size_t size, std::uint64_t value) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%0*llo", static_cast<int>(size - 1),
                  static_cast<unsigned long long>(value));
    return set(offset, std::string_view(digits.data()));
  }
  // The block, with the sum over signed characters when asked, as some old tars made it.
  std::string text(bool signed_sum = false) const {
    std::array<char, 512> block = block_;
    std::fill_n(block.begin() + 148, 8, ' ');
    int sum = 0;
    for (const char byte : block) sum += signed_sum ? static_cast<signed char>(byte) : static_cast<unsigned char>(byte);
    std::snprintf(block.data() + 148, 8, "%06o", static_cast<unsigned>(sum) & 0777777);
    return {block.data(), block.size()};
  }
  operator std::string() const { return text(); }  // NOLINT: reads well in tests

 private:
  std::array<char, 512> block_{};
};

inline std::string padded(std::string text) {
  text.resize((text.size() + 511) / 512 * 512);
  return text;
}

inline std::string end_of_archive() { return std::string(1024, '\0'); }

inline std::string record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return std::to_string(length) + ' ' + std::string(key) + '=' + std::string(value) + '\n';
}

inline std::string extended(const std::string& records, char type = 'x') {
  return std::string(RawHeader("PaxHeaders/x", type, records.size())) + padded(records);
}

}  // namespace davit::codec::testing
