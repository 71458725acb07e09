// The image from front to back: superblock, table of devices, the root's inode; then for each folder, depth first, its
// blocks where it has any, and the inodes of what is in it, by name. The tree is walked twice the same way: once to
// give each inode its place, once to write. With data inside a third region holds it, in the order of the inodes.

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/strings.h"
#include "codec/erofs.h"
#include "codec/erofs_format.h"
#include "codec/erofs_xattr.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;
using Entries = std::vector<FileTree::Entry>;

constexpr std::uint64_t kWhole = 4096;  // an image is a multiple of it, as loop devices like it
constexpr unsigned kInsideBlockBits = 12;

std::uint64_t round_up(std::uint64_t number, std::uint64_t unit) { return (number + unit - 1) / unit * unit; }

// Collects what is written, and gives the superblock its checksum before that goes out.
class Output {
 public:
  Output(base::Sink& sink, std::size_t checksummed) : sink_(sink), checksummed_(checksummed) {}

  // So many bytes more, of zeros; to be filled in before the next call.
  std::byte* extend(std::size_t bytes) {
    if (buffer_.size() > kMost) flush();
    buffer_.resize(buffer_.size() + bytes);
    return buffer_.data() + buffer_.size() - bytes;
  }
  void zeros_to(std::uint64_t position) { extend(position - (flushed_ + buffer_.size())); }
  void flush() {
    if (flushed_ == 0) {
      const base::ByteView covered = base::ByteView(buffer_).subspan(erofs::kSuperblockAt, checksummed_);
      erofs::store(buffer_.data() + erofs::kSuperblockAt + erofs::superblock::kChecksumAt,
                   erofs::superblock_checksum(covered));
    }
    sink_.write(buffer_);
    flushed_ += buffer_.size();
    buffer_.clear();
  }

 private:
  static constexpr std::size_t kMost = 256 * 1024;
  base::Sink& sink_;
  std::size_t checksummed_;
  std::vector<std::byte> buffer_;
  std::uint64_t flushed_ = 0;
};

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

std::uint64_t entry_bytes(std::string_view name) { return erofs::kEntrySize + name.size(); }

class Writer {
 public:
  Writer(const FileTree& tree, const ErofsOptions& options, base::Sink& sink)
      : tree_(tree),
        options_(options),
        block_(std::uint64_t{1} << options.block_bits),
        devices_(inside()                   ? 0
                 : options.beside_bytes > 0 ? 2
                                            : 1),
        places_(tree.node_count()),
        out_(sink, erofs::checksummed_bytes(options.block_bits)) {}

  void write() {
    walk();
    data_block_ = round_up(position_, block_) / block_;
    blocks_ = round_up((data_block_ + data_blocks_) * block_, kWhole) / block_;
    if (blocks_ >= UINT32_MAX) throw Error(Code::kNotSupported, "the tree makes an EROFS image that is too large");
    writing_ = true;
    data_blocks_ = 0;
    write_superblock();
    walk();
    out_.zeros_to(data_block_ * block_);
    for (const NodeId file : inside_) write_data(tree_[file]);
    out_.zeros_to(blocks_ * block_);
    out_.flush();
  }

 private:
  // What a folder's inode says, found when its blocks are placed.
  struct Folder {
    std::uint64_t size = 0;
    std::uint32_t block = 0;
    std::uint32_t subfolders = 0;
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

  bool inside() const { return options_.block_bits == kInsideBlockBits; }

  // The walk -------------------------------------------------------------------------------------------------------

  void walk() {
    position_ = erofs::kDeviceTableAt + devices_ * erofs::kDeviceSize;
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
      const Entries entries = tree_.entries(at.folder);
      put_blocks(at.folder, folders_[at.number], entries);
      const std::size_t first = left.size();
      for (const FileTree::Entry& entry : entries) {
        try {
          inode(entry.node);
        } catch (const Error& e) {
          throw Error::format(e.code(), "/{}: {}", path_of(at.folder, entry.name), e.message());
        }
      }
      std::reverse(left.begin() + static_cast<std::ptrdiff_t>(first), left.end());
    }
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
    if (node.type == NodeType::kFile && inside()) data_blocks_ += put_data(id);
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
      const auto [bits, count] = chunks_of(node);
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

  // Chunks are what a piece of a sparse file is; where one is the whole file, of the least size that is enough.
  std::pair<unsigned, std::uint64_t> chunks_of(const FileNode& node) const {
    const auto count = [&](unsigned bits) { return ((node.size - 1) >> (options_.block_bits + bits)) + 1; };
    unsigned bits = erofs::kChunkBitsMask;
    if (node.chunks != 0) {
      const FileChunks& chunks = tree_.chunks(node);
      if (chunks.size_bits < kErofsBlockBits || chunks.size_bits > kErofsBlockBits + erofs::kChunkBitsMask ||
          chunks.offsets.size() != ((node.size - 1) >> chunks.size_bits) + 1) {
        throw Error(Code::kInternal, "the pieces of a sparse file do not make its size");
      }
      bits = std::max(chunks.size_bits, options_.block_bits) - options_.block_bits;
    }
    while (bits > 0 && count(bits - 1) == 1) --bits;
    return {bits, count(bits)};
  }

  // Folders --------------------------------------------------------------------------------------------------------

  template <typename Fits>
  Folder measured(NodeId id, const Fits& fits) const {
    Folder folder;
    folder.size = entry_bytes(".") + entry_bytes("..");
    tree_.visit_entries(id, [&](const FileTree::Entry& entry) {
      folder.size += entry_bytes(entry.name);
      return fits(folder.size);
    });
    folder.is_inline = fits(folder.size);
    return folder;
  }

  static Entries with_dots(NodeId folder, NodeId parent, const Entries& entries) {
    Entries all;
    all.reserve(entries.size() + 2);
    const auto by_name = [](const FileTree::Entry& a, const FileTree::Entry& b) { return a.name < b.name; };
    const Entries dots = {{".", folder}, {"..", parent}};
    std::merge(entries.begin(), entries.end(), dots.begin(), dots.end(), std::back_inserter(all), by_name);
    return all;
  }

  // Calls `block` with the entries of each block and their bytes.
  template <typename Block>
  void in_blocks(const Entries& all, const Block& block) const {
    for (std::size_t first = 0, end = 0; first < all.size(); first = end) {
      std::uint64_t bytes = 0;
      while (end < all.size() && bytes + entry_bytes(all[end].name) <= block_) bytes += entry_bytes(all[end++].name);
      block(std::span(all).subspan(first, end - first), bytes, end == all.size());
    }
  }

  // The blocks of one that is not inline, and what its inode is to say of them.
  void put_blocks(NodeId id, Folder& folder, const Entries& entries) {
    if (!writing_) {
      folder.subfolders = static_cast<std::uint32_t>(std::count_if(
          entries.begin(), entries.end(), [&](const FileTree::Entry& e) { return tree_[e.node].is_folder(); }));
    }
    if (folder.is_inline) return;
    position_ = round_up(position_, block_);
    const std::uint64_t begin = position_;
    folder.block = static_cast<std::uint32_t>(begin / block_);
    if (writing_) out_.zeros_to(begin);
    in_blocks(with_dots(id, tree_.parent(id), entries),
              [&](std::span<const FileTree::Entry> some, std::uint64_t bytes, bool last) {
                if (writing_) write_entries(some, out_.extend(block_));
                position_ += block_;
                if (last) folder.size = position_ - begin - block_ + bytes;
              });
  }

  void write_entries(std::span<const FileTree::Entry> entries, std::byte* at) const {
    std::size_t name_at = entries.size() * erofs::kEntrySize;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto& [name, node] = entries[i];
      std::byte* entry = at + i * erofs::kEntrySize;
      erofs::store(entry + erofs::entry::kInodeAt, std::uint64_t{places_[node]});
      erofs::store(entry + erofs::entry::kNameAt, static_cast<std::uint16_t>(name_at));
      entry[erofs::entry::kTypeAt] = static_cast<std::byte>(erofs::entry_type(mode_of(tree_[node])));
      std::copy_n(reinterpret_cast<const std::byte*>(name.data()), name.size(), at + name_at);
      name_at += name.size();
    }
  }

  // Writing --------------------------------------------------------------------------------------------------------

  void write_superblock() {
    namespace sb = erofs::superblock;
    out_.zeros_to(erofs::kSuperblockAt);
    std::byte* at = out_.extend(erofs::kSuperblockSize + devices_ * erofs::kDeviceSize);
    erofs::store(at + sb::kMagicAt, erofs::kMagic);
    erofs::store(at + sb::kCompatAt, erofs::kCompatChecksum | erofs::kCompatMtime);
    at[sb::kBlockBitsAt] = static_cast<std::byte>(options_.block_bits);
    erofs::store(at + sb::kRootAt, static_cast<std::uint16_t>(places_[kRootNode]));
    erofs::store(at + sb::kInodesAt, inodes_);
    erofs::store(at + sb::kBlocksAt, static_cast<std::uint32_t>(blocks_));
    std::copy_n(reinterpret_cast<const std::byte*>(options_.uuid.data()), sb::kUuidSize, at + sb::kUuidAt);
    erofs::store(at + sb::kIncompatAt, erofs::kIncompatChunkedFile | (devices_ > 0 ? erofs::kIncompatDeviceTable : 0));
    erofs::store(at + sb::kDevicesAt, static_cast<std::uint16_t>(devices_));
    if (devices_ > 0) {
      erofs::store(at + sb::kDeviceSlotAt, static_cast<std::uint16_t>(erofs::kDeviceTableAt / erofs::kDeviceSize));
    }
    at += erofs::kSuperblockSize;
    for (std::size_t i = 0; i < devices_; ++i, at += erofs::kDeviceSize) {
      const std::uint64_t bytes = i == 0 ? options_.archive_bytes : options_.beside_bytes;
      const std::string_view tag = erofs::kDeviceTags[i];
      std::copy_n(reinterpret_cast<const std::byte*>(tag.data()), tag.size(), at + erofs::device::kTagAt);
      erofs::store(at + erofs::device::kBlocksAt, address_of(bytes == 0 ? 0 : bytes - 1) + (bytes == 0 ? 0U : 1U));
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
        write_chunks(node, shape, at + shape.bytes() - shape.tail);
        break;
      case NodeType::kFolder: {
        const Folder& folder = folders_[next_folder_];
        size = folder.size;
        links = 2 + folder.subfolders;
        united = folder.block;
        if (folder.is_inline) write_entries(with_dots(id, tree_.parent(id), tree_.entries(id)), tail);
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

  // Where data lies: of devices, or of the image itself ------------------------------------------------------------

  std::uint32_t address_of(std::uint64_t offset) const {
    if (offset / block_ >= erofs::kHole - 1) throw Error(Code::kNotSupported, "EROFS has no place for data past 2 TiB");
    return static_cast<std::uint32_t>(offset / block_);
  }

  void write_chunks(const FileNode& node, const Shape& shape, std::byte* at) const {
    const unsigned size_bits = options_.block_bits + shape.chunk_bits;
    std::uint64_t inside_at = data_block_ + data_blocks_;
    for (std::uint64_t i = 0; i < shape.tail / erofs::kChunkSize; ++i, at += erofs::kChunkSize) {
      std::uint32_t block = erofs::kHole, device = 0;
      if (!is_hole(node, i, size_bits)) {
        if (inside()) {
          block = static_cast<std::uint32_t>(inside_at);
          inside_at += blocks_of(node, i, size_bits);
        } else {
          device = node.place == DataPlace::kArchive ? 1 : 2;
          if (device > devices_) throw Error(Code::kInternal, "data lies beside the archive where there is nothing");
          const std::uint64_t offset = node.chunks == 0 ? node.data + (i << size_bits) : tree_.chunks(node).offsets[i];
          if (offset % block_ != 0) throw Error(Code::kInternal, "a file's data does not begin with a block");
          block = address_of(offset);
        }
      }
      erofs::store(at + erofs::chunk::kDeviceAt, static_cast<std::uint16_t>(device));
      erofs::store(at + erofs::chunk::kBlockAt, block);
    }
  }

  // The tree's pieces that a chunk of 1 << size_bits bytes is made of: one, or several smaller ones.
  std::span<const std::uint64_t> pieces_of(const FileNode& node, std::uint64_t chunk, unsigned size_bits) const {
    const FileChunks& chunks = tree_.chunks(node);
    const std::uint64_t each = size_bits > chunks.size_bits ? std::uint64_t{1} << (size_bits - chunks.size_bits) : 1;
    const std::span<const std::uint64_t> all = chunks.offsets;
    return all.subspan(chunk * each, std::min<std::uint64_t>(each, all.size() - chunk * each));
  }

  bool is_hole(const FileNode& node, std::uint64_t chunk, unsigned size_bits) const {
    if (node.chunks == 0) return false;
    const auto pieces = pieces_of(node, chunk, size_bits);
    return std::all_of(pieces.begin(), pieces.end(), [](std::uint64_t offset) { return offset == FileChunks::kHole; });
  }

  std::uint64_t blocks_of(const FileNode& node, std::uint64_t chunk, unsigned size_bits) const {
    const std::uint64_t left = node.size - (chunk << size_bits);
    return round_up(std::min(left, std::uint64_t{1} << size_bits), block_) / block_;
  }

  // How many blocks of the image a file's data takes; when writing, the file is remembered.
  std::uint64_t put_data(NodeId id) {
    const FileNode& node = tree_[id];
    if (node.size == 0) return 0;
    if (writing_) inside_.push_back(id);
    const auto [bits, count] = chunks_of(node);
    const unsigned size_bits = options_.block_bits + bits;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) sum += is_hole(node, i, size_bits) ? 0 : blocks_of(node, i, size_bits);
    return sum;
  }

  void write_data(const FileNode& node) {
    const auto [bits, count] = chunks_of(node);
    const unsigned size_bits = options_.block_bits + bits;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (is_hole(node, i, size_bits)) continue;
      const std::uint64_t begin = i << size_bits, end = std::min(node.size, (i + 1) << size_bits);
      if (node.chunks == 0) {
        copy_data(node.place, node.data + begin, end - begin);
      } else {
        const unsigned piece_bits = tree_.chunks(node).size_bits;
        std::uint64_t at = begin;
        for (const std::uint64_t offset : pieces_of(node, i, size_bits)) {
          copy_data(node.place, offset, std::min(end - at, std::uint64_t{1} << piece_bits));
          at += std::uint64_t{1} << piece_bits;
        }
      }
      out_.extend(round_up(end - begin, block_) - (end - begin));
    }
  }

  void copy_data(DataPlace place, std::uint64_t offset, std::uint64_t bytes) {
    constexpr std::uint64_t kStep = 64 * 1024;
    for (std::uint64_t done = 0; done < bytes;) {
      const std::uint64_t step = std::min(kStep, bytes - done);
      std::byte* at = out_.extend(step);
      if (offset != FileChunks::kHole) options_.data(place, offset + done, {at, step});
      done += step;
    }
  }

  const FileTree& tree_;
  const ErofsOptions& options_;
  const std::uint64_t block_;
  const std::size_t devices_;
  std::vector<std::uint32_t> places_;  // of each node: its inode's number; 0: none yet
  std::vector<Folder> folders_;        // in the order of their inodes
  std::size_t next_folder_ = 0;
  std::uint64_t position_ = 0;  // where what was placed ends
  std::uint64_t inodes_ = 0, blocks_ = 0;
  std::uint64_t data_block_ = 0, data_blocks_ = 0;  // the region of data: its begin, and how much was placed
  std::vector<NodeId> inside_;                      // files whose data the region holds, in its order
  bool writing_ = false;
  Output out_;
};

}  // namespace

void write_erofs(const FileTree& tree, const ErofsOptions& options, base::Sink& sink) {
  if (options.block_bits != kErofsBlockBits && options.block_bits != kInsideBlockBits) {
    throw Error(Code::kInternal, "an EROFS image has blocks of 512 or of 4096 bytes");
  }
  Writer(tree, options, sink).write();
}

}  // namespace davit::codec
