// The image from front to back: superblock, table of devices, the root's inode; then for each folder, depth first, its
// blocks where it has any, and the inodes of what is in it, by name. The tree is walked twice the same way: once to
// give each inode its place, once to write. With data inside a third region holds it, in the order of the inodes.

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/strings.h"
#include "codec/erofs.h"
#include "codec/erofs_data.h"
#include "codec/erofs_entries.h"
#include "codec/erofs_format.h"
#include "codec/erofs_output.h"
#include "codec/erofs_xattr.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;
using erofs::Entries;
using erofs::round_up;

constexpr std::uint64_t kWhole = 4096;  // an image is a multiple of it, as loop devices like it
constexpr unsigned kInsideBlockBits = 12;

std::uint16_t mode_of(const FileNode& node) {
  const auto type = [&] {
    switch (node.type) {
      case NodeType::kFile:
        return erofs::kFile;
      case NodeType::kFolder:
        return erofs::kFolder;
      case NodeType::kSymlink:
        return erofs::kSymlink;
      case NodeType::kCharacterDevice:
        return erofs::kCharacterDevice;
      case NodeType::kBlockDevice:
        return erofs::kBlockDevice;
      case NodeType::kFifo:
        return erofs::kFifo;
    }
    throw Error(Code::kInternal, "a node of no type");
  };
  return static_cast<std::uint16_t>(type() | (node.mode & 07777));
}

// As the kernel's new_encode_dev().
std::uint32_t encoded_device(const FileNode& node) {
  if (node.device_major >= 1U << 12 || node.device_minor >= 1U << 20) {
    throw Error::format(Code::kNotSupported, "device {}:{}: Linux has none of such a number", node.device_major,
                        node.device_minor);
  }
  return (node.device_minor & 0xff) | node.device_major << 8 | (node.device_minor & ~0xffU) << 12;
}

class Writer {
 public:
  Writer(const FileTree& tree, const ErofsOptions& options, base::Sink& sink)
      : tree_(tree),
        options_(options),
        block_(std::uint64_t{1} << options.block_bits),
        data_(tree, options),
        places_(tree.node_count()),
        out_(sink, options.block_bits) {}

  void write() {
    walk();
    data_block_ = round_up(position_, block_) / block_;
    blocks_ = round_up((data_block_ + data_blocks_) * block_, kWhole) / block_;
    if (blocks_ >= UINT32_MAX || blocks_ * block_ > options_.most_bytes) {
      throw Error(Code::kNotSupported, "the tree makes an EROFS image that is too large");
    }
    writing_ = true;
    data_blocks_ = 0;
    write_superblock();
    walk();
    out_.zeros_to(data_block_ * block_);
    for (const NodeId file : inside_) data_.write(tree_[file], out_);
    out_.zeros_to(blocks_ * block_);
    out_.flush();
  }

 private:
  // What a folder's inode says, found when its blocks are placed.
  struct Folder {
    std::uint64_t size = 0;
    std::uint32_t block = 0;
    std::uint32_t links = 0;
    bool is_inline = false;
  };
  // How an inode lies on disk.
  struct Shape {
    erofs::Layout layout = erofs::Layout::kPlain;
    std::uint64_t xattrs = 0;  // bytes
    std::uint64_t tail = 0;    // bytes after the xattrs: data inline, or chunk indexes
    std::uint64_t blocks = 0;  // of its own, before it
    unsigned chunk_bits = 0;   // above those of a block
    std::uint64_t bytes() const {
      const std::uint64_t head = erofs::kInodeSize + xattrs;
      return layout == erofs::Layout::kChunks ? round_up(head, erofs::kChunkSize) + tail : head + tail;
    }
  };

  // The walk -------------------------------------------------------------------------------------------------------

  void walk() {
    position_ = erofs::kDeviceTableAt + data_.devices() * erofs::kDeviceSize;
    next_folder_ = 0;
    struct Left {
      NodeId folder;
      std::size_t number;
    };
    std::vector<Left> left;
    const auto inode = [&](NodeId node) {
      if (tree_[node].is_folder()) left.push_back({node, next_folder_});
      put_inode(node);
    };
    inode(kRootNode);
    while (!left.empty()) {
      const Left at = left.back();
      left.pop_back();
      const Entries entries = with_dots(at.folder);
      put_blocks(folders_[at.number], entries);
      const std::size_t first = left.size();
      for (const FileTree::Entry& entry : entries) {
        if (erofs::is_dots(entry.name)) continue;
        try {
          inode(entry.node);
        } catch (const Error& e) {
          throw Error::format(e.code(), "/{}: {}", path_of(at.folder, entry.name), e.message());
        }
      }
      std::reverse(left.begin() + static_cast<std::ptrdiff_t>(first), left.end());
    }
  }

  Entries with_dots(NodeId folder) const {
    return erofs::with_dots(folder, tree_.parent(folder), tree_.entries(folder));
  }

  std::string path_of(NodeId folder, std::string_view name) const {
    const std::string above = tree_.path(folder);
    return base::printable((above.empty() ? "" : above + "/") + std::string(name));
  }

  void put_inode(NodeId id) {
    // Another name of what has its place already.
    if (places_[id] != 0 && std::uint64_t{places_[id]} * erofs::kInodeUnit < position_) return;
    const FileNode& node = tree_[id];
    const erofs::XattrViews xattrs = erofs::kept_xattrs(tree_, node);
    const Shape shape = shape_of(id, xattrs);
    const std::uint64_t blocks_at = round_up(position_, block_);
    if (shape.blocks > 0) position_ = blocks_at + shape.blocks * block_;
    std::uint64_t at = round_up(position_, erofs::kInodeUnit);
    // All of an inode with data in it lies in one block.
    if (shape.layout == erofs::Layout::kInline && at % block_ + shape.bytes() > block_) at = round_up(at, block_);
    position_ = at + shape.bytes();
    if (writing_) {
      if (shape.blocks > 0) write_target(id, blocks_at);
      out_.zeros_to(at);
      write_inode(id, shape, xattrs, static_cast<std::uint32_t>(blocks_at / block_));
    } else {
      if (at / erofs::kInodeUnit > UINT32_MAX) {
        throw Error(Code::kNotSupported, "the tree makes an EROFS image that is too large");
      }
      places_[id] = static_cast<std::uint32_t>(at / erofs::kInodeUnit);
      ++inodes_;
    }
    if (node.is_folder()) ++next_folder_;
    if (node.type == NodeType::kFile && node.size > 0 && data_.inside()) {
      data_blocks_ += data_.inside_blocks(node);
      if (writing_) inside_.push_back(id);
    }
  }

  Shape shape_of(NodeId id, const erofs::XattrViews& xattrs) {
    const FileNode& node = tree_[id];
    Shape shape;
    shape.xattrs = erofs::xattr_bytes(xattrs);
    if (shape.xattrs > erofs::kXattrHeaderSize + erofs::kXattrUnit * (UINT16_MAX - 1)) {
      throw Error(Code::kNotSupported, "a file has more extended attributes than EROFS can hold (256 KiB)");
    }
    const auto fits = [&](std::uint64_t bytes) { return erofs::kInodeSize + shape.xattrs + bytes <= block_; };
    if (node.type == NodeType::kFile && node.size > 0) {
      const auto [bits, count] = data_.chunks_of(node);
      shape.layout = erofs::Layout::kChunks;
      shape.chunk_bits = bits;
      shape.tail = count * erofs::kChunkSize;
    } else if (node.is_symlink()) {
      if (node.size == 0 || node.size > erofs::kMostTarget) {
        throw Error::format(Code::kNotSupported, "a link's target has {} bytes; Linux has links of 1 to {}", node.size,
                            erofs::kMostTarget);
      }
      shape.layout = fits(node.size) ? erofs::Layout::kInline : erofs::Layout::kPlain;
      (shape.layout == erofs::Layout::kInline ? shape.tail : shape.blocks) =
          shape.layout == erofs::Layout::kInline ? node.size : round_up(node.size, block_) / block_;
    } else if (node.is_folder()) {
      if (!writing_) folders_.push_back(measured(id, fits));
      if (const Folder& folder = folders_[next_folder_]; folder.is_inline) {
        shape.layout = erofs::Layout::kInline;
        shape.tail = folder.size;
      }
    }
    return shape;
  }

  // Folders --------------------------------------------------------------------------------------------------------

  template <typename Fits>
  Folder measured(NodeId id, const Fits& fits) const {
    Folder folder;
    folder.size = erofs::entry_bytes(".") + erofs::entry_bytes("..");
    tree_.visit_entries(id, [&](const FileTree::Entry& entry) {
      folder.size += erofs::entry_bytes(entry.name);
      return fits(folder.size);
    });
    folder.is_inline = fits(folder.size);
    return folder;
  }

  // The blocks of one that is not inline, and what its inode is to say of it: itself and its parent are among the
  // entries, as they are among a folder's links.
  void put_blocks(Folder& folder, const Entries& entries) {
    if (!writing_) {
      folder.links = static_cast<std::uint32_t>(std::count_if(
          entries.begin(), entries.end(), [&](const FileTree::Entry& e) { return tree_[e.node].is_folder(); }));
    }
    if (folder.is_inline) return;
    position_ = round_up(position_, block_);
    const std::uint64_t begin = position_;
    folder.block = static_cast<std::uint32_t>(begin / block_);
    if (writing_) out_.zeros_to(begin);
    erofs::in_blocks(entries, block_, [&](std::span<const FileTree::Entry> some, std::uint64_t bytes, bool last) {
      if (writing_) write_entries(some, out_.extend(block_));
      position_ += block_;
      if (last) folder.size = position_ - begin - block_ + bytes;
    });
  }

  void write_entries(std::span<const FileTree::Entry> entries, std::byte* at) const {
    erofs::store_entries(
        entries, [&](NodeId node) { return places_[node]; }, [&](NodeId node) { return mode_of(tree_[node]); }, at);
  }

  // Writing --------------------------------------------------------------------------------------------------------

  void write_superblock() {
    namespace sb = erofs::superblock;
    out_.zeros_to(erofs::kSuperblockAt);
    std::byte* at = out_.extend(erofs::kSuperblockSize + data_.devices() * erofs::kDeviceSize);
    erofs::store(at + sb::kMagicAt, erofs::kMagic);
    erofs::store(at + sb::kCompatAt, erofs::kCompatChecksum | erofs::kCompatMtime);
    at[sb::kBlockBitsAt] = static_cast<std::byte>(options_.block_bits);
    erofs::store(at + sb::kRootAt, static_cast<std::uint16_t>(places_[kRootNode]));
    erofs::store(at + sb::kInodesAt, inodes_);
    erofs::store(at + sb::kBlocksAt, static_cast<std::uint32_t>(blocks_));
    std::copy_n(reinterpret_cast<const std::byte*>(options_.uuid.data()), sb::kUuidSize, at + sb::kUuidAt);
    erofs::store(at + sb::kIncompatAt,
                 erofs::kIncompatChunkedFile | (data_.devices() > 0 ? erofs::kIncompatDeviceTable : 0));
    erofs::store(at + sb::kDevicesAt, static_cast<std::uint16_t>(data_.devices()));
    if (data_.devices() > 0) {
      erofs::store(at + sb::kDeviceSlotAt, static_cast<std::uint16_t>(erofs::kDeviceTableAt / erofs::kDeviceSize));
    }
    at += erofs::kSuperblockSize;
    for (std::size_t i = 0; i < data_.devices(); ++i, at += erofs::kDeviceSize) {
      const std::uint64_t bytes = i == 0 ? options_.archive_bytes : options_.beside_bytes;
      const std::string_view tag = erofs::kDeviceTags[i];
      std::copy_n(reinterpret_cast<const std::byte*>(tag.data()), tag.size(), at + erofs::device::kTagAt);
      erofs::store(at + erofs::device::kBlocksAt, data_.block_at(bytes == 0 ? 0 : bytes - 1) + (bytes == 0 ? 0U : 1U));
    }
  }

  void write_inode(NodeId id, const Shape& shape, const erofs::XattrViews& xattrs, std::uint32_t own_block) {
    namespace field = erofs::inode;
    const FileNode& node = tree_[id];
    std::byte* at = out_.extend(shape.bytes());
    erofs::store(at + field::kFormatAt, erofs::format_of(shape.layout));
    if (shape.xattrs > 0) {
      erofs::store(at + field::kXattrCountAt,
                   static_cast<std::uint16_t>((shape.xattrs - erofs::kXattrHeaderSize) / erofs::kXattrUnit + 1));
    }
    erofs::store(at + field::kModeAt, mode_of(node));
    erofs::store(at + field::kNumberAt, places_[id]);
    erofs::store(at + field::kUidAt, node.uid);
    erofs::store(at + field::kGidAt, node.gid);
    erofs::store(at + field::kMtimeAt, static_cast<std::uint64_t>(node.mtime_seconds));
    erofs::store(at + field::kMtimeNanosecondsAt, node.mtime_nanoseconds);
    std::uint64_t size = 0;
    std::uint32_t links = node.names, united = 0;
    std::byte* tail = at + erofs::kInodeSize + shape.xattrs;
    switch (node.type) {
      case NodeType::kFile:
        size = node.size;
        if (shape.layout != erofs::Layout::kChunks) break;
        united = shape.chunk_bits | erofs::kChunkIndexes;
        data_.store_indexes(node, data_block_ + data_blocks_, at + shape.bytes() - shape.tail);
        break;
      case NodeType::kFolder: {
        const Folder& folder = folders_[next_folder_];
        size = folder.size;
        links = folder.links;
        united = folder.block;
        if (folder.is_inline) write_entries(with_dots(id), tail);
        break;
      }
      case NodeType::kSymlink:
        size = node.size;
        if (shape.layout == erofs::Layout::kInline) {
          std::copy_n(reinterpret_cast<const std::byte*>(tree_.target(id).data()), size, tail);
        } else {
          united = own_block;
        }
        break;
      case NodeType::kCharacterDevice:
      case NodeType::kBlockDevice:
        united = encoded_device(node);
        break;
      case NodeType::kFifo:
        break;
    }
    erofs::store(at + field::kSizeAt, size);
    erofs::store(at + field::kUnionAt, united);
    erofs::store(at + field::kLinksAt, links);
    erofs::store_xattrs(xattrs, at + erofs::kInodeSize);
  }

  void write_target(NodeId id, std::uint64_t at) {
    out_.zeros_to(at);
    const std::string_view target = tree_.target(id);
    std::copy_n(reinterpret_cast<const std::byte*>(target.data()), target.size(),
                out_.extend(round_up(target.size(), block_)));
  }

  const FileTree& tree_;
  const ErofsOptions& options_;
  const std::uint64_t block_;
  const erofs::FileData data_;
  std::vector<std::uint32_t> places_;  // of each node: its inode's number; 0: none yet
  std::vector<Folder> folders_;        // in the order of their inodes
  std::size_t next_folder_ = 0;
  std::uint64_t position_ = 0;  // where what was placed ends
  std::uint64_t inodes_ = 0, blocks_ = 0;
  std::uint64_t data_block_ = 0, data_blocks_ = 0;  // the region of data: its begin, and how much was placed
  std::vector<NodeId> inside_;                      // files whose data the region holds, in its order
  bool writing_ = false;
  erofs::Output out_;
};

}  // namespace

void write_erofs(const FileTree& tree, const ErofsOptions& options, base::Sink& sink) {
  if (options.block_bits != kErofsBlockBits && options.block_bits != kInsideBlockBits) {
    throw Error(Code::kInternal, "an EROFS image has blocks of 512 or of 4096 bytes");
  }
  Writer(tree, options, sink).write();
}

}  // namespace davit::codec
