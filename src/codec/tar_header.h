#pragma once
// The 512-byte header block of a tar archive: POSIX.1-2017, pax, "ustar Interchange Format", with GNU tar's variations.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "codec/tar.h"
#include "codec/tar_blocks.h"

namespace davit::codec::tar {

// What is wrong with an entry: thrown by the parsers below the reader, which catches it and adds the entry's name.
class Malformed : public base::Error {
 public:
  explicit Malformed(std::string what, base::Code code = base::Code::kCorrupt) : Error(code, std::move(what)) {}
};

// Where a field lies in the block.
struct Field {
  std::size_t offset, size;
};

inline constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12}, kMtime{136, 12},
    kChecksum{148, 8}, kType{156, 1}, kLinkName{157, 100}, kMagic{257, 8}, kDeviceMajor{329, 8}, kDeviceMinor{337, 8},
    kPrefix{345, 155};
// Of GNU's old sparse files, in place of the prefix: 4 pairs (offset, size), a flag that blocks of 21 more pairs
// follow, the size of the file as unpacked.
inline constexpr Field kSparseMap{386, 96}, kSparseMore{482, 1}, kSparseRealSize{483, 12};
inline constexpr Field kMoreSparseMap{0, 504}, kMoreSparseMore{504, 1};
inline constexpr std::size_t kSparseNumberBytes = 12;
// Of star's archives, whose prefix is shorter.
inline constexpr std::size_t kStarPrefixBytes = 131;
inline constexpr Field kStarMagic{508, 4};

enum class Dialect { kV7, kUstar, kGnu };

// A view of one block; the block outlives it.
class Header {
 public:
  explicit Header(const char* block) : block_(block) {}

  bool is_zero() const;
  // The sum of the bytes, as unsigned (POSIX) or signed (some old tars) characters, with the checksum's own as spaces.
  bool checksum_matches() const;
  Dialect dialect() const;
  char type() const { return block_[kType.offset]; }
  std::string_view bytes(Field field) const { return {block_ + field.offset, field.size}; }
  std::string text(Field field) const;                    // up to a NUL
  std::string path() const;                               // prefix and name
  std::optional<std::int64_t> number(Field field) const;  // nothing when it is malformed

 private:
  const char* block_;
};

// A number as a header has it: octal digits between spaces and NULs (0 when there are none), or base 256, two's
// complement, marked by the top bit. Nothing when it is malformed or past 63 bits.
std::optional<std::int64_t> parse_number(std::string_view field);

}  // namespace davit::codec::tar
