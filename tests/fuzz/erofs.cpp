// Any bytes as an EROFS image: refused as damaged, or a tree that can be read to its end without leaving the image and
// its devices. The kernel mounts what the checker passes, so this reads as the kernel does.
#include "codec/erofs.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"
#include "codec/erofs_format.h"
#include "tests/fuzz/require.h"

using namespace davit;
using codec::erofs::load;

namespace {

constexpr std::uint64_t kBlock = 512;
const std::vector<std::uint64_t> kDevices = {1 << 20, 64 << 10};

class Reader {
 public:
  explicit Reader(base::ByteView image) : image_(image) {}

  void read() {
    folder(load<std::uint16_t>(bytes(1024 + codec::erofs::superblock::kRootAt, 2)), 0);
    fuzz::require(inodes_ <= 2 * image_.size());
  }

 private:
  const std::byte* bytes(std::uint64_t at, std::uint64_t count) const {
    fuzz::require(at <= image_.size() && count <= image_.size() - at);
    return image_.data() + at;
  }

  void folder(std::uint64_t number, unsigned depth) {
    // A tree is no deeper than it has folders.
    fuzz::require(depth * 64 <= image_.size());
    const std::uint64_t at = number * 32, size = load<std::uint64_t>(bytes(at, 64) + 8);
    const std::uint64_t begin = data_at(at);
    for (std::uint64_t done = 0; done < size; done += kBlock) {
      const std::uint64_t most = std::min(kBlock, size - done);
      const std::byte* block = bytes(begin + done, most);
      const auto first = load<std::uint16_t>(block + 8);
      fuzz::require(first >= 12 && first < most);
      for (unsigned i = 0; i < first / 12U; ++i) {
        const auto name_at = load<std::uint16_t>(block + i * 12 + 8);
        std::uint64_t length = i + 1 < first / 12U
                                   ? load<std::uint16_t>(block + (i + 1) * 12 + 8) - name_at
                                   : strnlen(reinterpret_cast<const char*>(block) + name_at, most - name_at);
        fuzz::require(length >= 1 && length <= 255 && name_at + length <= most);
        const std::string_view name(reinterpret_cast<const char*>(block) + name_at, length);
        if (name != "." && name != "..") node(load<std::uint64_t>(block + i * 12), depth);
      }
    }
  }

  // Where the data of a folder or a link is.
  std::uint64_t data_at(std::uint64_t at) const {
    const std::byte* inode = bytes(at, 64);
    if (load<std::uint16_t>(inode) >> 1 == 0) return load<std::uint32_t>(inode + 16) * kBlock;
    const auto xattrs = load<std::uint16_t>(inode + 2);
    return at + 64 + (xattrs == 0 ? 0 : 12 + 4 * (xattrs - 1U));
  }

  void node(std::uint64_t number, unsigned depth) {
    ++inodes_;
    fuzz::require(number < image_.size());
    const std::uint64_t at = number * 32;
    const std::byte* inode = bytes(at, 64);
    const auto type = load<std::uint16_t>(inode + 4) & codec::erofs::kTypeMask;
    const auto size = load<std::uint64_t>(inode + 8);
    if (type == codec::erofs::kFolder) return folder(number, depth + 1);
    if (type == codec::erofs::kSymlink) {
      fuzz::require(size >= 1 && size <= 4095);
      bytes(data_at(at), size);
    }
    if (type != codec::erofs::kFile || size == 0) return;
    const unsigned bits = 9 + (load<std::uint32_t>(inode + 16) & 31);
    const std::uint64_t chunks = ((size - 1) >> bits) + 1, begin = (data_at(at) + 7) / 8 * 8;
    for (std::uint64_t i = 0; i < chunks; ++i) {
      const std::byte* index = bytes(begin + i * 8, 8);
      const auto device = load<std::uint16_t>(index + 2);
      const std::uint64_t block = load<std::uint32_t>(index + 4);
      if (block == UINT32_MAX) continue;
      const std::uint64_t piece = std::min(std::uint64_t{1} << bits, size - (i << bits));
      fuzz::require(device >= 1 && device <= kDevices.size() && block * kBlock + piece <= kDevices[device - 1U]);
    }
  }

  base::ByteView image_;
  std::uint64_t inodes_ = 0;
};

void check(base::ByteView image) {
  try {
    codec::check_erofs(image, kDevices);
  } catch (const base::Error& e) {
    fuzz::require(e.code() == base::Code::kCorrupt && !e.message().empty() && e.message().size() < 500);
    return;
  }
  Reader(image).read();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string image(reinterpret_cast<const char*>(data), size);
  check(base::as_byte_view(image));
  // Once more with what a mutation seldom gets right: a multiple of blocks, their number, the checksum.
  image.resize(std::max<std::size_t>(1536, (image.size() + kBlock - 1) / kBlock * kBlock));
  auto* superblock = reinterpret_cast<std::byte*>(image.data()) + codec::erofs::kSuperblockAt;
  codec::erofs::store(superblock + codec::erofs::superblock::kBlocksAt,
                      static_cast<std::uint32_t>(image.size() / kBlock));
  codec::erofs::store(superblock + codec::erofs::superblock::kChecksumAt,
                      codec::erofs::superblock_checksum({superblock, codec::erofs::checksummed_bytes(9)}));
  check(base::as_byte_view(image));
  return 0;
}
