// Every byte of an image belongs to one thing that is reached from the superblock, or is zero. What is reached is
// claimed in units of 32 bytes, and nothing is claimed twice; so the work is bounded by the image's size, and a folder
// that is its own grandchild is found at once.

#include <algorithm>
#include <map>
#include <string>

#include "base/error.h"
#include "codec/erofs.h"
#include "codec/erofs_format.h"
#include "codec/erofs_xattr.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;
using erofs::Layout;
using erofs::load;

constexpr std::uint64_t kBlock = std::uint64_t{1} << kErofsBlockBits;
constexpr std::uint16_t kPermissions = 07777;

std::uint64_t round_up(std::uint64_t number, std::uint64_t unit) { return (number + unit - 1) / unit * unit; }

class Checker {
 public:
  Checker(base::ByteView image, const std::vector<std::uint64_t>& devices)
      : image_(image),
        devices_(devices),
        claimed_(image.size() / erofs::kInodeUnit),
        files_(image.size() / erofs::kInodeUnit) {}

  void check() {
    const std::uint64_t root = check_superblock();
    check_node(root, erofs::kFolder);
    folders_.push_back({root, root});
    while (!folders_.empty()) {
      const Folder folder = folders_.back();
      folders_.pop_back();
      check_folder(folder);
    }
    for (const auto& [number, left] : links_left_) {
      require(left == 0, number, "has fewer names than it says");
    }
    if (inodes_ != load<std::uint64_t>(at(erofs::kSuperblockAt + erofs::superblock::kInodesAt))) {
      fail("the superblock counts other inodes than there are");
    }
    for (std::uint64_t unit = 0; unit < claimed_.size(); ++unit) {
      if (!claimed_[unit] && !zeros(unit * erofs::kInodeUnit, (unit + 1) * erofs::kInodeUnit)) {
        fail("byte " + std::to_string(unit * erofs::kInodeUnit) + " and those after it belong to nothing");
      }
    }
  }

 private:
  struct Folder {
    std::uint64_t number, parent;
  };
  struct Inode {
    std::uint64_t number = 0, begin = 0;
    Layout layout = Layout::kPlain;
    std::uint16_t mode = 0;
    std::uint64_t size = 0;
    std::uint32_t united = 0;  // block, device number or chunk format
    std::uint32_t links = 0;
    std::uint64_t xattrs = 0;  // bytes
    std::uint16_t type() const { return mode & erofs::kTypeMask; }
    std::uint64_t tail() const { return begin + erofs::kInodeSize + xattrs; }
  };

  [[noreturn]] static void fail(const std::string& what) {
    throw Error::format(Code::kCorrupt, "the EROFS image is damaged: {}", what);
  }
  static void require(bool holds, std::uint64_t number, const char* what) {
    if (!holds) fail("inode " + std::to_string(number) + " " + what);
  }
  const std::byte* at(std::uint64_t offset) const { return image_.data() + offset; }
  bool zeros(std::uint64_t begin, std::uint64_t end) const {
    return std::all_of(at(begin), at(end), [](std::byte b) { return b == std::byte{0}; });
  }

  // Takes a range that begins with a unit, with the zeros that fill up its last one, for one owner.
  void claim(std::uint64_t begin, std::uint64_t bytes, std::uint64_t number) {
    require(begin <= image_.size() && bytes <= image_.size() - begin, number, "reaches past the image's end");
    const std::uint64_t end = round_up(begin + bytes, erofs::kInodeUnit);
    require(zeros(begin + bytes, end), number, "is followed by something");
    for (std::uint64_t unit = begin / erofs::kInodeUnit; unit < end / erofs::kInodeUnit; ++unit) {
      require(!claimed_[unit], number, "overlaps something else");
      claimed_[unit] = true;
    }
  }

  // Of what it says nothing here it must say nothing: all other bytes are zero.
  std::uint64_t check_superblock() {
    namespace sb = erofs::superblock;
    const std::uint64_t table_end = erofs::kDeviceTableAt + devices_.size() * erofs::kDeviceSize;
    const std::uint64_t summed_end = erofs::kSuperblockAt + erofs::checksummed_bytes(kErofsBlockBits);
    if (image_.size() % kBlock != 0 || image_.size() < std::max(table_end, summed_end) ||
        image_.size() / kBlock >= UINT32_MAX) {
      fail(std::to_string(image_.size()) + " bytes make no image");
    }
    const std::byte* found = at(erofs::kSuperblockAt);
    if (load<std::uint32_t>(found + sb::kMagicAt) != erofs::kMagic) fail("it has no superblock");
    std::array<std::byte, erofs::kSuperblockSize> expected{};
    const auto copy = [&](std::size_t from, std::size_t bytes) { std::copy_n(found + from, bytes, &expected[from]); };
    erofs::store(&expected[sb::kMagicAt], erofs::kMagic);
    erofs::store(&expected[sb::kChecksumAt],
                 erofs::superblock_checksum({found, erofs::checksummed_bytes(kErofsBlockBits)}));
    erofs::store(&expected[sb::kCompatAt], erofs::kCompatChecksum | erofs::kCompatMtime);
    expected[sb::kBlockBitsAt] = std::byte{kErofsBlockBits};
    copy(sb::kRootAt, 2);
    copy(sb::kInodesAt, 8);
    erofs::store(&expected[sb::kBlocksAt], static_cast<std::uint32_t>(image_.size() / kBlock));
    copy(sb::kUuidAt, sb::kUuidSize);
    erofs::store(&expected[sb::kIncompatAt], erofs::kIncompatChunkedFile | erofs::kIncompatDeviceTable);
    erofs::store(&expected[sb::kDevicesAt], static_cast<std::uint16_t>(devices_.size()));
    erofs::store(&expected[sb::kDeviceSlotAt], static_cast<std::uint16_t>(erofs::kDeviceTableAt / erofs::kDeviceSize));
    if (!std::equal(expected.begin(), expected.end(), found)) fail("its superblock is wrong");
    for (std::size_t i = 0; i < devices_.size(); ++i) check_device(i);
    if (!zeros(0, erofs::kSuperblockAt)) fail("there is something before its superblock");
    claim(0, table_end, 0);
    return load<std::uint16_t>(found + sb::kRootAt);
  }

  void check_device(std::size_t i) const {
    std::array<std::byte, erofs::kDeviceSize> expected{};
    if (i >= erofs::kDeviceTags.size()) fail("it has more devices than there are kinds of");
    const std::string_view tag = erofs::kDeviceTags[i];
    std::copy_n(reinterpret_cast<const std::byte*>(tag.data()), tag.size(), &expected[erofs::device::kTagAt]);
    const std::uint64_t blocks = devices_[i] / kBlock + (devices_[i] % kBlock != 0 ? 1 : 0);
    if (blocks > UINT32_MAX) fail("a device is larger than EROFS can say");
    erofs::store(&expected[erofs::device::kBlocksAt], static_cast<std::uint32_t>(blocks));
    if (!std::equal(expected.begin(), expected.end(), at(erofs::kDeviceTableAt + i * erofs::kDeviceSize))) {
      fail("device " + std::to_string(i + 1) + " is described wrongly");
    }
  }

  // Inodes ---------------------------------------------------------------------------------------------------------

  Inode read_inode(std::uint64_t number) const {
    namespace field = erofs::inode;
    require(number < claimed_.size() && number * erofs::kInodeUnit + erofs::kInodeSize <= image_.size(), number,
            "lies past the image's end");
    Inode inode;
    inode.number = number;
    inode.begin = number * erofs::kInodeUnit;
    const std::byte* found = at(inode.begin);
    const auto format = load<std::uint16_t>(found + field::kFormatAt);
    inode.layout = static_cast<Layout>(format >> 1);
    require(format == erofs::format_of(Layout::kPlain) || format == erofs::format_of(Layout::kInline) ||
                format == erofs::format_of(Layout::kChunks),
            number, "has an unknown form");
    inode.mode = load<std::uint16_t>(found + field::kModeAt);
    inode.size = load<std::uint64_t>(found + field::kSizeAt);
    inode.united = load<std::uint32_t>(found + field::kUnionAt);
    inode.links = load<std::uint32_t>(found + field::kLinksAt);
    const auto xattrs = load<std::uint16_t>(found + field::kXattrCountAt);
    inode.xattrs = xattrs == 0 ? 0 : erofs::kXattrHeaderSize + (xattrs - 1U) * erofs::kXattrUnit;
    require(erofs::entry_type(inode.mode) != 0 && (inode.mode & ~(erofs::kTypeMask | kPermissions)) == 0, number,
            "has a wrong mode");
    return inode;
  }

  // One that was not met before.
  Inode check_node(std::uint64_t number, std::uint16_t type) {
    namespace field = erofs::inode;
    const Inode inode = read_inode(number);
    const std::byte* found = at(inode.begin);
    require(inode.type() == type, number, "is of another type than its name says");
    require(zeros(inode.begin + 6, inode.begin + 8) &&
                zeros(inode.begin + field::kReservedAt, inode.begin + erofs::kInodeSize),
            number, "says something where there is nothing to say");
    require(load<std::uint32_t>(found + field::kNumberAt) == number, number, "has another number than its place");
    require(load<std::uint32_t>(found + field::kUidAt) != UINT32_MAX &&
                load<std::uint32_t>(found + field::kGidAt) != UINT32_MAX,
            number, "is owned by nobody");
    require(load<std::uint32_t>(found + field::kMtimeNanosecondsAt) < 1'000'000'000, number, "has a wrong time");
    require(inode.size <= INT64_MAX && inode.links > 0, number, "has no size or no name");
    switch (type) {
      case erofs::kFile:
        check_file(inode);
        break;
      case erofs::kFolder:
      case erofs::kSymlink:
        check_data(inode);
        break;
      default:
        require(inode.layout == Layout::kPlain && inode.size == 0, number, "has data");
        require(type != erofs::kFifo || inode.united == 0, number, "is no device");
        claim(inode.begin, erofs::kInodeSize + inode.xattrs, number);
    }
    check_xattrs(inode);
    ++inodes_;
    return inode;
  }

  // Data in the image: inline, or in blocks of its own.
  void check_data(const Inode& inode) {
    const std::uint64_t number = inode.number, head = erofs::kInodeSize + inode.xattrs;
    require(inode.size > 0, number, "has no content");
    if (inode.layout == Layout::kInline) {
      require(inode.size <= kBlock && inode.begin % kBlock + head + inode.size <= kBlock, number,
              "crosses a block's end");
      require(inode.united == 0, number, "has a block and none");
      claim(inode.begin, head + inode.size, number);
    } else {
      require(inode.layout == Layout::kPlain, number, "is of a form that its type has not");
      claim(inode.begin, head, number);
      require(inode.size <= image_.size(), number, "is larger than the image");
      claim(inode.united * kBlock, inode.size, number);
      claim_rest(inode);
    }
    if (inode.type() != erofs::kSymlink) return;
    require(inode.size <= erofs::kMostTarget, number, "has too long a target");
    const std::byte* target = at(inode.layout == Layout::kInline ? inode.tail() : inode.united * kBlock);
    require(std::find(target, target + inode.size, std::byte{0}) == target + inode.size, number,
            "has a NUL in its target");
  }

  // The zeros that fill up the last block.
  void claim_rest(const Inode& inode) {
    const std::uint64_t begin = inode.united * kBlock;
    const std::uint64_t used = begin + round_up(inode.size, erofs::kInodeUnit),
                        end = begin + round_up(inode.size, kBlock);
    require(end <= image_.size(), inode.number, "reaches past the image's end");
    require(zeros(used, end), inode.number, "is followed by something");
    claim(used, end - used, inode.number);
  }

  void check_file(const Inode& inode) {
    const std::uint64_t number = inode.number, head = erofs::kInodeSize + inode.xattrs;
    if (inode.size == 0) {
      require(inode.layout == Layout::kPlain && inode.united == 0, number, "is empty, and has blocks");
      claim(inode.begin, head, number);
      return;
    }
    require(inode.layout == Layout::kChunks, number, "is of a form that its type has not");
    require((inode.united & ~erofs::kChunkBitsMask) == erofs::kChunkIndexes, number, "has an unknown form of chunks");
    const unsigned size_bits = kErofsBlockBits + (inode.united & erofs::kChunkBitsMask);
    const std::uint64_t chunks = ((inode.size - 1) >> size_bits) + 1;
    require(chunks > 1 || size_bits == kErofsBlockBits || inode.size > std::uint64_t{1} << (size_bits - 1), number,
            "has a chunk that is too large");
    require(chunks <= image_.size() / erofs::kChunkSize, number, "has more chunks than the image can hold");
    const std::uint64_t begin = round_up(inode.begin + head, erofs::kChunkSize);
    claim(inode.begin, begin - inode.begin + chunks * erofs::kChunkSize, number);
    require(zeros(inode.begin + head, begin), number, "says something where there is nothing to say");
    for (std::uint64_t i = 0; i < chunks; ++i) {
      const std::uint64_t bytes = std::min(inode.size - (i << size_bits), std::uint64_t{1} << size_bits);
      check_chunk(number, at(begin + i * erofs::kChunkSize), bytes);
    }
  }

  void check_chunk(std::uint64_t number, const std::byte* found, std::uint64_t bytes) const {
    const auto device = load<std::uint16_t>(found + erofs::chunk::kDeviceAt);
    const auto block = load<std::uint32_t>(found + erofs::chunk::kBlockAt);
    require(load<std::uint16_t>(found) == 0, number, "has a chunk of an unknown form");
    if (block == erofs::kHole) {
      require(device == 0, number, "has a hole on a device");
      return;
    }
    require(device >= 1 && device <= devices_.size(), number, "has data on a device that there is not");
    const std::uint64_t size = devices_[device - 1U], begin = block * kBlock;
    require(begin <= size && bytes <= size - begin, number, "has data past its device's end");
  }

  void check_xattrs(const Inode& inode) const {
    if (inode.xattrs == 0) return;
    const std::uint64_t number = inode.number, end = inode.tail();
    std::uint64_t next = inode.begin + erofs::kInodeSize + erofs::kXattrHeaderSize;
    require(zeros(next - erofs::kXattrHeaderSize, next) && next < end, number, "has no attributes where it says so");
    std::string last;
    while (next < end) {
      // All is a multiple of the entry's size, so that an entry that begins before the end has its four bytes.
      const std::byte* found = at(next);
      const std::uint64_t name_bytes = static_cast<std::uint64_t>(found[0]),
                          value_bytes = load<std::uint16_t>(found + 2);
      const std::uint64_t used = next + erofs::kXattrEntrySize + name_bytes + value_bytes;
      require(round_up(used, erofs::kXattrUnit) <= end, number, "has an attribute past their end");
      require(zeros(used, round_up(used, erofs::kXattrUnit)), number, "has an attribute followed by something");
      const auto prefix = std::find_if(erofs::kXattrPrefixes.begin(), erofs::kXattrPrefixes.end(), [&](const auto& p) {
        return p.index == static_cast<std::uint8_t>(found[1]) && p.whole == (name_bytes == 0);
      });
      require(prefix != erofs::kXattrPrefixes.end(), number, "has an attribute of an unknown kind");
      const std::string_view text =
          base::as_text(image_.subspan(next + erofs::kXattrEntrySize, name_bytes + value_bytes));
      const std::string name = std::string(prefix->text) + std::string(text.substr(0, name_bytes));
      check_xattr(inode, name, text.substr(name_bytes));
      require(last < name, number, "has attributes that are not sorted");
      last = name;
      next = round_up(used, erofs::kXattrUnit);
    }
  }

  static void check_xattr(const Inode& inode, std::string_view name, std::string_view value) {
    const bool opaque = inode.type() == erofs::kFolder && name == erofs::kOpaqueXattr && value == erofs::kOpaqueValue;
    const NodeType type = inode.type() == erofs::kFile      ? NodeType::kFile
                          : inode.type() == erofs::kFolder  ? NodeType::kFolder
                          : inode.type() == erofs::kSymlink ? NodeType::kSymlink
                                                            : NodeType::kFifo;
    require(opaque || erofs_keeps_xattr(name, value, type), inode.number, "has an attribute that it must not have");
  }

  // Folders --------------------------------------------------------------------------------------------------------

  struct Listing {
    std::string last;
    std::uint32_t subfolders = 0;
    bool self = false, parent = false;
  };

  void check_folder(const Folder& folder) {
    const Inode inode = read_inode(folder.number);
    Listing listing;
    if (inode.layout == Layout::kInline) {
      check_block(folder, image_.subspan(inode.tail(), inode.size), true, listing);
    } else {
      const std::uint64_t begin = inode.united * kBlock;
      for (std::uint64_t done = 0; done < inode.size; done += kBlock) {
        const std::uint64_t bytes = std::min(kBlock, inode.size - done);
        check_block(folder, image_.subspan(begin + done, bytes), done + bytes == inode.size, listing);
      }
    }
    require(listing.self && listing.parent, folder.number, "does not list itself and its parent");
    require(inode.links == 2 + listing.subfolders, folder.number, "has a wrong number of links");
  }

  void check_block(const Folder& folder, base::ByteView block, bool last, Listing& listing) {
    const auto name_at = [&](std::uint64_t i) {
      return std::uint64_t{load<std::uint16_t>(&block[i * erofs::kEntrySize + erofs::entry::kNameAt])};
    };
    require(block.size() > erofs::kEntrySize, folder.number, "has a block without entries");
    const std::uint64_t count = name_at(0) / erofs::kEntrySize;
    require(count > 0 && name_at(0) % erofs::kEntrySize == 0 && name_at(0) < block.size(), folder.number,
            "has a block of a wrong number of entries");
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t begin = name_at(i);
      std::uint64_t end = i + 1 < count ? name_at(i + 1) : block.size();
      require(begin < end && end <= block.size(), folder.number, "has an entry whose name is nowhere");
      if (i + 1 == count && !last) {
        while (end > begin && block[end - 1] == std::byte{0}) --end;
      }
      check_entry(folder, &block[i * erofs::kEntrySize], base::as_text(block.subspan(begin, end - begin)), listing);
    }
  }

  void check_entry(const Folder& folder, const std::byte* entry, std::string_view name, Listing& listing) {
    const auto number = load<std::uint64_t>(entry + erofs::entry::kInodeAt);
    const auto type = static_cast<std::uint8_t>(entry[erofs::entry::kTypeAt]);
    require(entry[erofs::kEntrySize - 1] == std::byte{0}, folder.number, "has an entry of an unknown form");
    require(!name.empty() && name.size() <= 255 && name.find('\0') == std::string_view::npos &&
                name.find('/') == std::string_view::npos,
            folder.number, "has an entry whose name cannot be");
    require(listing.last < name, folder.number, "is not sorted");
    listing.last = name;
    if (name == "." || name == "..") {
      const std::uint64_t right = name == "." ? folder.number : folder.parent;
      require(number == right && type == erofs::entry_type(erofs::kFolder), folder.number,
              "gives another place for itself or its parent");
      (name == "." ? listing.self : listing.parent) = true;
      return;
    }
    if (type == erofs::entry_type(erofs::kFolder)) {
      check_node(number, erofs::kFolder);
      ++listing.subfolders;
      folders_.push_back({number, folder.number});
    } else {
      check_name(number, type);
    }
  }

  // A name of what is no folder, its first or one more.
  void check_name(std::uint64_t number, std::uint8_t type) {
    const Inode inode = read_inode(number);
    require(erofs::entry_type(inode.mode) == type && inode.type() != erofs::kFolder, number,
            "is of another type than its name says");
    if (!files_[number]) {
      check_node(number, inode.type());
      files_[number] = true;
      if (inode.links > 1) links_left_[number] = inode.links - 1;
      return;
    }
    const auto left = links_left_.find(number);
    require(left != links_left_.end() && left->second > 0, number, "has more names than it says");
    --left->second;
  }

  base::ByteView image_;
  const std::vector<std::uint64_t>& devices_;
  std::vector<bool> claimed_, files_;  // of each unit: belongs to something; is the begin of an inode, no folder's
  std::map<std::uint64_t, std::uint32_t> links_left_;  // of inodes with several names: those not met yet
  std::vector<Folder> folders_;                        // not read yet
  std::uint64_t inodes_ = 0;
};

}  // namespace

void check_erofs(base::ByteView image, const std::vector<std::uint64_t>& devices) { Checker(image, devices).check(); }

}  // namespace davit::codec
