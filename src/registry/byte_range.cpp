#include "registry/byte_range.h"

#include <algorithm>
#include <charconv>

namespace davit::registry {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<ByteRange> parse_range(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!field.starts_with(kUnit)) return std::nullopt;
  field.remove_prefix(kUnit.size());
  const std::size_t dash = field.find('-');
  if (dash == std::string_view::npos || field.find(',') != std::string_view::npos) return std::nullopt;
  const auto first = number(field.substr(0, dash)), last = number(field.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    const std::uint64_t tail = std::min(*last, size);
    return ByteRange{size - tail, tail, tail > 0};
  }
  const bool open = dash + 1 == field.size();
  if (!first || (!open && !last)) return std::nullopt;
  const std::uint64_t end = open || *last >= size ? size : *last + 1;
  if (*first >= end) return ByteRange{0, 0, false};
  return ByteRange{*first, end - *first};
}

std::optional<ChunkRange> parse_chunk_range(std::string_view field) {
  const std::size_t dash = field.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = number(field.substr(0, dash)), last = number(field.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return ChunkRange{*first, *last};
}

}  // namespace davit::registry
