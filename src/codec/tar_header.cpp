#include "codec/tar_header.h"

#include <algorithm>

namespace davit::codec::tar {

using namespace std::string_view_literals;

namespace {

std::optional<std::int64_t> parse_base256(std::string_view field) {
  const bool negative = (static_cast<unsigned char>(field[0]) & 0x40) != 0;
  // The marker bit is no part of the number: the sign is extended over it.
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    auto byte = static_cast<unsigned char>(field[i]);
    if (i == 0) byte = negative ? (byte | 0x80) : (byte & 0x7f);
    const auto top = static_cast<std::int64_t>(value) >> 55;  // must be all sign, or the shift would lose bits
    if (top != (negative ? -1 : 0)) return std::nullopt;
    value = value << 8 | byte;
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view field) {
  if (!field.empty() && (static_cast<unsigned char>(field[0]) & 0x80) != 0) return parse_base256(field);
  constexpr auto kFill = " \0"sv;
  const std::size_t begin = field.find_first_not_of(kFill);
  if (begin == std::string_view::npos) return 0;
  field.remove_prefix(begin);
  std::uint64_t value = 0;
  std::size_t i = 0;
  for (; i < field.size() && field[i] >= '0' && field[i] <= '7'; ++i) {
    if (value >> 60 != 0) return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(field[i] - '0');
  }
  // A NUL ends the number; what some tars leave behind it is no part of it.
  if (i == 0 || (i < field.size() && field[i] != '\0' && field.find_first_not_of(kFill, i) != std::string_view::npos))
    return std::nullopt;
  return static_cast<std::int64_t>(value);
}

bool Header::is_zero() const {
  return std::all_of(block_, block_ + kBlockBytes, [](char byte) { return byte == 0; });
}

bool Header::checksum_matches() const {
  const std::optional<std::int64_t> expected = number(kChecksum);
  if (!expected) return false;
  std::int64_t as_unsigned = 0, negative = 0;
  const auto add = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto byte = static_cast<unsigned char>(block_[i]);
      as_unsigned += byte;
      negative += byte >> 7;
    }
  };
  add(0, kChecksum.offset);
  add(kChecksum.offset + kChecksum.size, kBlockBytes);
  as_unsigned += std::int64_t{' '} * kChecksum.size;
  const std::int64_t as_signed = as_unsigned - 256 * negative;
  return *expected == as_unsigned || *expected == as_signed;
}

Dialect Header::dialect() const {
  const std::string_view magic = bytes(kMagic);
  if (magic == "ustar  \0"sv) return Dialect::kGnu;
  if (magic.starts_with("ustar"sv)) return Dialect::kUstar;  // some write the version, or the NUL before it, otherwise
  return Dialect::kV7;
}

std::string Header::text(Field field) const {
  const std::string_view whole = bytes(field);
  return std::string(whole.substr(0, whole.find('\0')));
}

std::string Header::path() const {
  std::string name = text(kName);
  if (dialect() != Dialect::kUstar) return name;
  Field prefix = kPrefix;
  if (bytes(kStarMagic) == "tar\0"sv) prefix.size = kStarPrefixBytes;
  const std::string before = text(prefix);
  return before.empty() ? name : before + '/' + name;
}

std::optional<std::int64_t> Header::number(Field field) const { return parse_number(bytes(field)); }

}  // namespace davit::codec::tar
