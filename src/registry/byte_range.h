#pragma once
// The Range of a GET: RFC 9110, 14.1.2. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

namespace davit::registry {

struct ByteRange {
  std::uint64_t first = 0, size = 0;
  bool satisfiable = true;
};

// What of `size` bytes the field asks for; nothing where it is to be passed over: several ranges, or no range of bytes.
// One that ends before it begins cannot be satisfied, nor one behind the end.
std::optional<ByteRange> parse_range(std::string_view field, std::uint64_t size);

// "FIRST-LAST" of an upload's chunk (Content-Range, without a unit): OCI distribution-spec, "Pushing a blob in chunks".
// Nothing when it is malformed.
struct ChunkRange {
  std::uint64_t first, last;
};
std::optional<ChunkRange> parse_chunk_range(std::string_view field);

}  // namespace davit::registry
