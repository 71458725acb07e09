#pragma once
// The numbers of the EROFS format that writer and checker share: Linux, fs/erofs/erofs_fs.h. All numbers on disk are
// little-endian; an offset here is one from the start of the record.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace davit::codec::erofs {

// The superblock, and after it the table of extra devices.
inline constexpr std::uint64_t kSuperblockAt = 1024;
inline constexpr std::size_t kSuperblockSize = 128;
inline constexpr std::uint32_t kMagic = 0xE0F5E1E2;
inline constexpr std::uint32_t kCompatChecksum = 1, kCompatMtime = 2;
inline constexpr std::uint32_t kIncompatChunkedFile = 4, kIncompatDeviceTable = 8;

namespace superblock {
inline constexpr std::size_t kMagicAt = 0, kChecksumAt = 4, kCompatAt = 8, kBlockBitsAt = 12, kRootAt = 14,
                             kInodesAt = 16, kBlocksAt = 36, kUuidAt = 48, kUuidSize = 16, kIncompatAt = 80,
                             kDevicesAt = 86, kDeviceSlotAt = 88;
}  // namespace superblock

inline constexpr std::size_t kDeviceSize = 128;
inline constexpr std::uint64_t kDeviceTableAt = kSuperblockAt + kSuperblockSize;
namespace device {
inline constexpr std::size_t kTagAt = 0, kTagSize = 64, kBlocksAt = 64;
}
// What the tags of the extra devices say, for people who look at an image.
inline constexpr std::array<std::string_view, 2> kDeviceTags = {"archive", "beside"};

// An inode's number (nid) is its offset in these units.
inline constexpr std::size_t kInodeUnit = 32;
inline constexpr std::size_t kInodeSize = 64;  // of the extended form
enum class Layout : std::uint8_t { kPlain = 0, kInline = 2, kChunks = 4 };
inline constexpr std::uint16_t format_of(Layout layout) {
  return static_cast<std::uint16_t>(1 | static_cast<unsigned>(layout) << 1);  // 1: extended
}
namespace inode {
inline constexpr std::size_t kFormatAt = 0, kXattrCountAt = 2, kModeAt = 4, kSizeAt = 8, kUnionAt = 16, kNumberAt = 20,
                             kUidAt = 24, kGidAt = 28, kMtimeAt = 32, kMtimeNanosecondsAt = 40, kLinksAt = 44,
                             kReservedAt = 48;
}
inline constexpr std::uint16_t kTypeMask = 0170000, kFifo = 0010000, kCharacterDevice = 0020000, kFolder = 0040000,
                               kBlockDevice = 0060000, kFile = 0100000, kSymlink = 0120000;
inline constexpr std::uint64_t kMostTarget = 4095;

// Chunk indexes follow the inode and its xattrs, aligned to their size.
inline constexpr std::size_t kChunkSize = 8;
inline constexpr unsigned kChunkBitsMask = 31, kChunkIndexes = 32;
inline constexpr std::uint32_t kHole = UINT32_MAX;
namespace chunk {
inline constexpr std::size_t kDeviceAt = 2, kBlockAt = 4;
}

// Xattrs follow the inode: a header, then entries, each padded to 4 bytes. The inode counts them in units of 4 after
// the header, which is 1.
inline constexpr std::size_t kXattrHeaderSize = 12, kXattrEntrySize = 4, kXattrUnit = 4;
struct XattrPrefix {
  std::uint8_t index;
  bool whole;  // the prefix is all of the name
  std::string_view text;
};
inline constexpr std::array<XattrPrefix, 5> kXattrPrefixes = {{{1, false, "user."},
                                                               {2, true, "system.posix_acl_access"},
                                                               {3, true, "system.posix_acl_default"},
                                                               {4, false, "trusted."},
                                                               {6, false, "security."}}};
inline constexpr std::string_view kOpaqueXattr = "trusted.overlay.opaque", kOpaqueValue = "y";

// A block of a folder: entries, then their names one after the other; zeros at its end.
inline constexpr std::size_t kEntrySize = 12;
namespace entry {
inline constexpr std::size_t kInodeAt = 0, kNameAt = 8, kTypeAt = 10;
}
// What an entry says of its inode's type.
inline std::uint8_t entry_type(std::uint16_t mode) {
  switch (mode & kTypeMask) {
    case kFile:
      return 1;
    case kFolder:
      return 2;
    case kCharacterDevice:
      return 3;
    case kBlockDevice:
      return 4;
    case kFifo:
      return 5;
    case kSymlink:
      return 7;
    default:
      return 0;
  }
}

template <typename Number>
Number load(const std::byte* at) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) number |= static_cast<Number>(static_cast<Number>(at[i]) << (8 * i));
  return number;
}

template <typename Number>
void store(std::byte* at, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) at[i] = static_cast<std::byte>(number >> (8 * i));
}

// How many bytes of the superblock's block its checksum covers: all from the superblock on, or 512 in blocks that are
// no larger than what is before it.
inline constexpr std::size_t checksummed_bytes(unsigned block_bits) {
  const std::size_t block = std::size_t{1} << block_bits;
  return block > kSuperblockAt ? block - kSuperblockAt : block;
}

// CRC-32C without the final inversion, of bytes whose own checksum field counts as zeros.
inline std::uint32_t superblock_checksum(std::span<const std::byte> bytes) {
  std::uint32_t crc = UINT32_MAX;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool own = i >= superblock::kChecksumAt && i < superblock::kChecksumAt + 4;
    crc ^= own ? 0U : static_cast<std::uint32_t>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82F63B78U & (0U - (crc & 1U)));
  }
  return crc;
}

}  // namespace davit::codec::erofs
