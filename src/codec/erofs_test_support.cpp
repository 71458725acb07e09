#include "codec/erofs_test_support.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/strings.h"
#include "codec/test_support.h"

namespace davit::codec::testing {

namespace {

constexpr std::size_t kBlock = 512;

std::uint64_t append(std::string& place, std::string_view content) {
  const std::uint64_t at = place.size();
  place += content;
  place.resize((place.size() + kBlock - 1) / kBlock * kBlock, '\0');
  return at;
}

unsigned type_bits(NodeType type) {
  switch (type) {
    case NodeType::kFile:
      return S_IFREG;
    case NodeType::kFolder:
      return S_IFDIR;
    case NodeType::kSymlink:
      return S_IFLNK;
    case NodeType::kCharacterDevice:
      return S_IFCHR;
    case NodeType::kBlockDevice:
      return S_IFBLK;
    case NodeType::kFifo:
      return S_IFIFO;
  }
  return 0;
}

std::string below(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

}  // namespace

NodeId Sample::folder(NodeId in, const std::string& name, FileNode node) {
  node.type = NodeType::kFolder;
  return tree.add(in, name, node);
}

NodeId Sample::file(NodeId in, const std::string& name, std::string_view content, FileNode node) {
  node.type = NodeType::kFile;
  node.size = content.size();
  node.data = append(archive, content);
  return tree.add(in, name, node);
}

NodeId Sample::symlink(NodeId in, const std::string& name, std::string_view target, FileNode node) {
  return tree.add_symlink(in, name, node, target);
}

NodeId Sample::device(NodeId in, const std::string& name, NodeType type, std::uint32_t major, std::uint32_t minor) {
  return tree.add(in, name, {.type = type, .mode = 0600, .device_major = major, .device_minor = minor});
}

NodeId Sample::sparse(NodeId in, const std::string& name, unsigned size_bits, const std::vector<std::string>& pieces,
                      std::uint64_t size) {
  FileChunks chunks{.size_bits = size_bits, .offsets = {}};
  for (const std::string& piece : pieces) {
    chunks.offsets.push_back(piece.empty() ? FileChunks::kHole : append(beside, piece));
  }
  const std::uint32_t number = tree.add_chunks(std::move(chunks));
  return tree.add(in, name,
                  {.type = NodeType::kFile, .place = DataPlace::kBeside, .mode = 0600, .size = size, .chunks = number});
}

ErofsOptions Sample::options(unsigned block_bits) const {
  ErofsOptions options{.block_bits = block_bits, .archive_bytes = archive.size(), .beside_bytes = beside.size()};
  for (std::size_t i = 0; i < options.uuid.size(); ++i) options.uuid[i] = static_cast<std::uint8_t>(i + 1);
  options.data = [this](DataPlace place, std::uint64_t offset, base::ByteSpan buffer) {
    const std::string& from = place == DataPlace::kArchive ? archive : beside;
    std::memcpy(buffer.data(), from.data() + offset, std::min<std::uint64_t>(buffer.size(), from.size() - offset));
  };
  return options;
}

std::string Sample::image(unsigned block_bits) const {
  base::StringSink out;
  write_erofs(tree, options(block_bits), out);
  return out.take();
}

std::vector<std::uint64_t> Sample::devices() const {
  return beside.empty() ? std::vector<std::uint64_t>{archive.size()}
                        : std::vector<std::uint64_t>{archive.size(), beside.size()};
}

namespace {

// POSIX ACLs as xattrs: a version, then entries of tag, permissions, ID.
std::string acl_with_user(std::uint32_t user) {
  std::string value("\x02\0\0\0", 4);
  const auto entry = [&](unsigned tag, unsigned permissions, std::uint32_t id) {
    for (const unsigned byte : {tag, 0U, permissions, 0U}) value += static_cast<char>(byte);
    for (int i = 0; i < 4; ++i) value += static_cast<char>(id >> (8 * i));
  };
  entry(1, 6, UINT32_MAX);
  entry(2, 4, user);
  entry(4, 4, UINT32_MAX);
  entry(16, 4, UINT32_MAX);
  entry(32, 0, UINT32_MAX);
  return value;
}

void add_times_and_owners(Sample& sample) {
  const NodeId in = sample.folder(kRootNode, "attributes");
  sample.file(in, "old", "x", {.mode = 0, .mtime_nanoseconds = 999'999'999, .mtime_seconds = -1});
  sample.file(in, "late", "x", {.mode = 07777, .mtime_nanoseconds = 1, .mtime_seconds = 1LL << 33});
  sample.file(in, "owned", "", {.mode = 0644, .uid = 4294967294, .gid = 65536});
  sample.folder(in, "sticky", {.mode = 03777, .uid = 7, .gid = 8, .mtime_seconds = 77});
  FileNode node{.mode = 0755};
  node.xattrs =
      sample.tree.add_xattrs({{"security.capability", std::string("\x01\0\0\x02\0\x20\0\0", 8) + std::string(12, '\0')},
                              {"system.posix_acl_access", acl_with_user(1000)},
                              {"trusted.t", "secret"},
                              {"user.empty", ""},
                              {"user.of several blocks", sample_bytes(3000)},
                              {"user." + std::string(250, 'n'), "v"}});
  sample.file(in, "with xattrs", "content", node);
  FileNode shared = node;
  sample.file(in, "with the same", "", shared);
  FileNode folder{.mode = 0755};
  folder.xattrs =
      sample.tree.add_xattrs({{"system.posix_acl_default", acl_with_user(5)}, {"user.b", "2"}, {"user.a", "1"}});
  sample.file(sample.folder(in, "with default acl", folder), "x", "x");
  folder.opaque = true;
  sample.file(sample.folder(in, "opaque", folder), "x", "x");
  sample.folder(in, "empty and opaque", {.opaque = true, .mode = 0755});
  FileNode link{.mode = 0777};
  link.xattrs = sample.tree.add_xattrs({{"trusted.on a link", "1"}});
  sample.symlink(in, "link with xattr", "target", link);
}

void add_names_and_links(Sample& sample) {
  const NodeId in = sample.folder(kRootNode, "names");
  for (int c = 1; c < 256; ++c) {
    if (c != '/' && c != '.') sample.file(in, std::string(1, static_cast<char>(c)), "");
  }
  sample.file(in, "...", "dots");
  sample.file(in, ".-", "before the dots' end");
  sample.file(in, std::string(255, 'a'), "255");
  sample.file(in, std::string(254, 'a') + "b", "255 again");
  sample.folder(in, std::string(255, 'f'));
  for (const std::size_t bytes : {1, 2, 447, 448, 449, 511, 512, 513, 4031, 4032, 4033, 4094, 4095}) {
    sample.symlink(in, "link of " + std::to_string(bytes), std::string(bytes, 't'));
  }
  const NodeId first = sample.file(in, "linked", "one file, four names");
  sample.tree.add_name(in, "linked again", first);
  sample.tree.add_name(kRootNode, "linked at the root", first);
  sample.tree.add_name(sample.folder(kRootNode, "aa"), "linked before", first);
  const NodeId pipe = sample.device(in, "fifo", NodeType::kFifo, 0, 0);
  sample.tree.add_name(in, "fifo again", pipe);
  const NodeId link = sample.symlink(in, "hard linked link", "nowhere");
  sample.tree.add_name(in, "hard linked link again", link);
  sample.device(in, "null", NodeType::kCharacterDevice, 1, 3);
  sample.device(in, "great", NodeType::kBlockDevice, 4095, 1048575);
  sample.device(in, "minor 256", NodeType::kBlockDevice, 8, 256);
  sample.device(in, "whiteout", NodeType::kCharacterDevice, 0, 0);
}

}  // namespace

Sample sample_of_everything() {
  Sample sample;
  sample.tree[kRootNode].mode = 0711;
  sample.tree[kRootNode].mtime_seconds = 12345;
  add_times_and_owners(sample);
  add_names_and_links(sample);
  const NodeId in = sample.folder(kRootNode, "content");
  for (const std::size_t bytes : {0, 1, 511, 512, 513, 4095, 4096, 4097, 100'000}) {
    sample.file(in, "file of " + std::to_string(bytes), sample_bytes(bytes, static_cast<unsigned>(bytes)));
  }
  const auto piece = [](unsigned bits, unsigned seed) { return sample_bytes(std::size_t{1} << bits, seed); };
  sample.sparse(in, "small pieces", 9, {piece(9, 1), "", "", piece(9, 2), sample_bytes(100)}, 4 * 512 + 100);
  sample.sparse(in, "large pieces", 16, {"", piece(16, 3), "", ""}, 3 * 65536 + 1);
  sample.sparse(in, "nothing but a hole", 20, {"", ""}, (1 << 20) + 5);
  // A folder at each number of entries that changes how it lies.
  for (unsigned count = 0; count < 60; ++count) {
    const NodeId folder = sample.folder(kRootNode, "folder of " + std::to_string(count));
    for (unsigned i = 0; i < count; ++i) sample.folder(folder, "entry " + std::to_string(i));
  }
  NodeId deep = sample.folder(kRootNode, "deep");
  for (int i = 0; i < 200; ++i) deep = sample.folder(deep, "d");
  sample.file(deep, "bottom", "bottom");
  sample.file(sample.folder(kRootNode, "removed"), "file", "x");
  sample.tree.remove(kRootNode, "removed");
  return sample;
}

Sample random_sample(unsigned seed, unsigned entries) {
  Sample sample;
  std::mt19937 random(seed);
  const auto below_n = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  std::vector<NodeId> folders{kRootNode}, others;
  std::vector<std::uint32_t> xattr_sets{0};
  for (unsigned i = 0; i < 5; ++i) {
    FileTree::Xattrs xattrs;
    for (unsigned n = below_n(4); n > 0; --n) {
      xattrs.emplace_back(
          (below_n(2) ? "trusted." : "security.") + std::to_string(below_n(100)) + std::string(below_n(200), 'x'),
          sample_bytes(below_n(2) ? below_n(20) : below_n(2000), random()));
    }
    std::sort(xattrs.begin(), xattrs.end());
    xattrs.erase(
        std::unique(xattrs.begin(), xattrs.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
        xattrs.end());
    xattr_sets.push_back(sample.tree.add_xattrs(std::move(xattrs)));
  }
  const auto name = [&] {
    std::string text;
    for (std::uint32_t left = 1 + below_n(below_n(8) == 0 ? 255 : 12); left > 0; --left) {
      const auto c = static_cast<char>(1 + below_n(255));
      text += c == '/' ? '_' : c;
    }
    return text == "." || text == ".." ? "dots" : text;
  };
  for (unsigned i = 0; i < entries; ++i) {
    const NodeId in = folders[below_n(static_cast<std::uint32_t>(folders.size()))];
    const std::string at = name();
    if (sample.tree.find(in, at) != kNoNode) {
      // Names taken away and given again, as archives with an entry twice do.
      if (!sample.tree[sample.tree.find(in, at)].is_folder()) sample.tree.remove(in, at);
      continue;
    }
    FileNode node{.opaque = below_n(10) == 0,
                  .mode = static_cast<std::uint16_t>(below_n(010000)),
                  .uid = below_n(4) ? 0 : static_cast<std::uint32_t>(random() % UINT32_MAX),
                  .gid = below_n(4) ? 0 : static_cast<std::uint32_t>(random() % UINT32_MAX),
                  .mtime_nanoseconds = below_n(1'000'000'000),
                  .mtime_seconds = static_cast<std::int64_t>(random()) - (1LL << 31),
                  .xattrs = xattr_sets[below_n(static_cast<std::uint32_t>(xattr_sets.size()))]};
    switch (below_n(8)) {
      case 0:
      case 1:
        folders.push_back(sample.folder(in, at, node));
        break;
      case 2:
        others.push_back(sample.symlink(in, at, std::string(1 + below_n(below_n(4) ? 100 : 4095), 't'), node));
        break;
      case 3:
        if (!others.empty()) {
          const NodeId other = others[below_n(static_cast<std::uint32_t>(others.size()))];
          if (sample.tree[other].names > 0) sample.tree.add_name(in, at, other);
        }
        break;
      case 4:
        node.type = below_n(2) ? NodeType::kCharacterDevice : NodeType::kFifo;
        if (node.type == NodeType::kCharacterDevice)
          node.device_major = below_n(4096), node.device_minor = below_n(1 << 20);
        others.push_back(sample.tree.add(in, at, node));
        break;
      case 5: {
        const unsigned bits = 9 + below_n(5);
        std::vector<std::string> pieces;
        for (std::uint32_t n = below_n(6); n > 0; --n) {
          pieces.push_back(below_n(2) ? "" : sample_bytes(std::size_t{1} << bits, random()));
        }
        const std::uint64_t last = 1 + below_n(1U << bits);
        const std::uint64_t size = (std::uint64_t{pieces.size()} << bits) + last;
        pieces.push_back(below_n(2) ? "" : sample_bytes(last, random()));
        others.push_back(sample.sparse(in, at, bits, pieces, size));
        break;
      }
      default:
        others.push_back(
            sample.file(in, at, sample_bytes(below_n(4) ? below_n(3000) : below_n(30'000), random()), node));
    }
  }
  return sample;
}

// Listings ---------------------------------------------------------------------------------------------------------

Listing listing_of(const Sample& sample) {
  const FileTree& tree = sample.tree;
  Listing listing;
  std::map<NodeId, std::string> groups;
  std::vector<NodeId> left;
  const auto add = [&](NodeId id, const std::string& path) {
    const FileNode& node = tree[id];
    Found& found = listing[path];
    found = {.mode = type_bits(node.type) | node.mode,
             .uid = node.uid,
             .gid = node.gid,
             .seconds = node.mtime_seconds,
             .nanoseconds = node.mtime_nanoseconds,
             .links = node.names};
    if (node.xattrs != 0) {
      for (const auto& xattr : tree.xattrs(node)) found.xattrs.push_back(xattr);
    }
    if (node.opaque && node.is_folder()) found.xattrs.emplace_back("trusted.overlay.opaque", "y");
    std::sort(found.xattrs.begin(), found.xattrs.end());
    if (node.type == NodeType::kCharacterDevice || node.type == NodeType::kBlockDevice) {
      found.major = node.device_major;
      found.minor = node.device_minor;
    }
    if (node.is_symlink()) found.content = tree.target(id);
    if (node.type == NodeType::kFile) {
      const std::string& place = node.place == DataPlace::kArchive ? sample.archive : sample.beside;
      if (node.chunks == 0) {
        found.content = place.substr(node.data, node.size);
      } else {
        for (const std::uint64_t offset : tree.chunks(node).offsets) {
          const std::size_t bytes = std::size_t{1} << tree.chunks(node).size_bits;
          std::string piece = offset == FileChunks::kHole ? std::string() : place.substr(offset, bytes);
          piece.resize(bytes, '\0');
          found.content += piece;
        }
        found.content.resize(node.size);
      }
    }
    found.size = found.content.size();
    found.link_group = path;
    if (node.is_folder()) {
      found.links = 2;
      left.push_back(id);
    } else {
      auto [at, is_first] = groups.emplace(id, path);
      at->second = std::min(at->second, path);
    }
  };
  add(kRootNode, "");
  while (!left.empty()) {
    const NodeId folder = left.back();
    left.pop_back();
    for (const auto& entry : tree.entries(folder)) {
      const std::string path = below(tree.path(folder), entry.name);
      add(entry.node, path);
      if (tree[entry.node].is_folder()) ++listing[tree.path(folder)].links;
    }
  }
  // The group's name: its first path.
  std::vector<NodeId> again{kRootNode};
  while (!again.empty()) {
    const NodeId folder = again.back();
    again.pop_back();
    for (const auto& entry : tree.entries(folder)) {
      if (tree[entry.node].is_folder())
        again.push_back(entry.node);
      else
        listing[below(tree.path(folder), entry.name)].link_group = groups[entry.node];
    }
  }
  return listing;
}

namespace {

// The format once more, as plainly as can be: for images of 512-byte blocks whose data is elsewhere, and of 4096-byte
// blocks with all inside.
class ImageReader {
 public:
  ImageReader(std::string_view image, std::string_view archive, std::string_view beside)
      : image_(image),
        devices_{image, archive, beside},
        block_(std::size_t{1} << static_cast<unsigned char>(image.at(1024 + 12))) {}

  Listing read() {
    folder("", number(1024 + 14, 2));
    std::map<std::uint64_t, std::string> first;
    for (const auto& [path, nid] : nids_) first.emplace(nid, path);
    for (const auto& [path, nid] : nids_) listing_[path].link_group = first[nid];
    return std::move(listing_);
  }

 private:
  std::uint64_t number(std::size_t at, std::size_t bytes) const {
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(image_.at(at + i));
    return value;
  }

  void folder(const std::string& path, std::uint64_t nid) {
    const std::string list = node(path, nid);
    for (std::size_t begin = 0; begin < list.size(); begin += block_) {
      const std::string block = list.substr(begin, block_);
      const auto field = [&](std::size_t at) {
        return static_cast<unsigned char>(block.at(at)) | static_cast<unsigned char>(block.at(at + 1)) << 8;
      };
      const std::size_t count = static_cast<std::size_t>(field(8)) / 12;
      for (std::size_t i = 0; i < count; ++i) {
        const auto name_at = static_cast<std::size_t>(field(i * 12 + 8));
        const std::size_t end = i + 1 < count ? static_cast<std::size_t>(field((i + 1) * 12 + 8))
                                              : std::min(block.size(), block.find('\0', name_at));
        const std::string name = block.substr(name_at, end - name_at);
        std::uint64_t child = 0;
        for (std::size_t b = 8; b-- > 0;) child = child << 8 | static_cast<unsigned char>(block.at(i * 12 + b));
        if (name == "." || name == "..") continue;
        if (block.at(i * 12 + 10) == 2)
          folder(below(path, name), child);
        else
          node(below(path, name), child);
      }
    }
  }

  // Lists it and returns its content.
  std::string node(const std::string& path, std::uint64_t nid) {
    const std::size_t at = nid * 32;
    Found& found = listing_[path];
    nids_[path] = nid;
    const auto layout = number(at, 2) >> 1;
    found = {.mode = static_cast<unsigned>(number(at + 4, 2)),
             .uid = static_cast<std::uint32_t>(number(at + 24, 4)),
             .gid = static_cast<std::uint32_t>(number(at + 28, 4)),
             .seconds = static_cast<std::int64_t>(number(at + 32, 8)),
             .nanoseconds = static_cast<std::uint32_t>(number(at + 40, 4)),
             .links = static_cast<std::uint32_t>(number(at + 44, 4))};
    const std::uint64_t size = number(at + 8, 8), united = number(at + 16, 4), xattrs = number(at + 2, 2);
    std::size_t tail = at + 64 + (xattrs == 0 ? 0 : 12 + 4 * (xattrs - 1));
    if (xattrs != 0) read_xattrs(found, at + 64 + 12, tail);
    std::string content;
    if (S_ISCHR(found.mode) || S_ISBLK(found.mode)) {
      found.major = united >> 8 & 0xfff;
      found.minor = (united & 0xff) | (united >> 12 & 0xfff00);
    } else if (layout == 0) {
      content = image_.substr(united * block_, size);
    } else if (layout == 2) {
      content = image_.substr(tail, size);
    } else {
      tail = (tail + 7) / 8 * 8;
      const std::size_t piece = block_ << (united & 31);
      for (std::size_t i = 0; content.size() < size; ++i) {
        const std::uint64_t address = number(tail + 8 * i + 4, 4), device = number(tail + 8 * i + 2, 2);
        const std::size_t want = std::min(piece, size - content.size());
        content += address == UINT32_MAX ? std::string(want, '\0')
                                         : std::string(devices_.at(device).substr(address * block_, want));
      }
    }
    EXPECT_EQ(content.size(), size) << path;
    if (!S_ISDIR(found.mode)) {
      found.content = content;
      found.size = size;
    }
    return content;
  }

  void read_xattrs(Found& found, std::size_t at, std::size_t end) const {
    static const std::map<int, std::string> prefixes = {{1, "user."},
                                                        {2, "system.posix_acl_access"},
                                                        {3, "system.posix_acl_default"},
                                                        {4, "trusted."},
                                                        {6, "security."}};
    while (at < end) {
      const std::size_t name = number(at, 1), value = number(at + 2, 2);
      found.xattrs.emplace_back(
          prefixes.at(static_cast<int>(number(at + 1, 1))) + std::string(image_.substr(at + 4, name)),
          std::string(image_.substr(at + 4 + name, value)));
      at += (4 + name + value + 3) / 4 * 4;
    }
  }

  std::string_view image_;
  std::vector<std::string_view> devices_;
  std::size_t block_;
  Listing listing_;
  std::map<std::string, std::uint64_t> nids_;
};

FileTree::Xattrs xattrs_of(const std::string& path) {
  FileTree::Xattrs all;
  std::string names(65536, '\0');
  const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
  if (size < 0) return {{"llistxattr", std::strerror(errno)}};
  for (std::size_t at = 0; at < static_cast<std::size_t>(size); at += std::strlen(&names[at]) + 1) {
    std::string value(65536, '\0');
    const ssize_t got = ::lgetxattr(path.c_str(), &names[at], value.data(), value.size());
    value =
        got < 0 ? std::string("lgetxattr: ") + std::strerror(errno) : value.substr(0, static_cast<std::size_t>(got));
    all.emplace_back(&names[at], value);
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

Listing listing_of(std::string_view image, std::string_view archive, std::string_view beside) {
  return ImageReader(image, archive, beside).read();
}

Listing listing_of(const std::filesystem::path& root) {
  Listing listing;
  std::map<std::uint64_t, std::string> first;
  const auto add = [&](const std::string& path, const std::filesystem::path& real) {
    struct stat status {};
    if (::lstat(real.c_str(), &status) != 0) throw base::Error(base::Code::kIo, "lstat " + real.string());
    Found& found = listing[path];
    found = {.mode = status.st_mode,
             .uid = status.st_uid,
             .gid = status.st_gid,
             .seconds = status.st_mtim.tv_sec,
             .nanoseconds = static_cast<std::uint32_t>(status.st_mtim.tv_nsec),
             .links = static_cast<std::uint32_t>(status.st_nlink)};
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
      found.major = major(status.st_rdev);
      found.minor = minor(status.st_rdev);
    }
    if (S_ISREG(status.st_mode)) found.content = base::fs::read_file(real, std::size_t{1} << 30);
    if (S_ISLNK(status.st_mode)) found.content = std::filesystem::read_symlink(real);
    found.size = found.content.size();
    if (!S_ISDIR(status.st_mode)) {
      EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), found.size) << path;
    }
    found.xattrs = xattrs_of(real);
    const auto [at, is_first] = first.emplace(status.st_ino, path);
    at->second = std::min(at->second, path);
    found.link_group = std::to_string(status.st_ino);
  };
  // Not std::filesystem's own recursion, which follows links whose targets are too long to follow.
  add("", root);
  for (std::vector<std::string> left{""}; !left.empty();) {
    const std::string folder = left.back();
    left.pop_back();
    for (const auto& entry : std::filesystem::directory_iterator(root / folder)) {
      const std::string path = below(folder, entry.path().filename().string());
      add(path, entry.path());
      if (S_ISDIR(listing[path].mode)) left.push_back(path);
    }
  }
  for (auto& [path, found] : listing) found.link_group = first.at(std::stoull(found.link_group));
  return listing;
}

std::string difference(const Listing& expected, const Listing& found) {
  std::string text;
  const auto line = [&](const std::string& path, const std::string& what) {
    text += "'" + base::printable(path, 300) + "': " + what + "\n";
  };
  for (const auto& [path, a] : expected) {
    const auto at = found.find(path);
    if (at == found.end()) {
      line(path, "missing");
      continue;
    }
    const Found& b = at->second;
    const auto compare = [&](const char* what, auto x, auto y) {
      if (x != y)
        line(path, std::string(what) + " " + std::to_string(x) + " expected, " + std::to_string(y) + " found");
    };
    compare("mode", a.mode, b.mode);
    compare("uid", a.uid, b.uid);
    compare("gid", a.gid, b.gid);
    compare("seconds", a.seconds, b.seconds);
    compare("nanoseconds", a.nanoseconds, b.nanoseconds);
    compare("links", a.links, b.links);
    compare("major", a.major, b.major);
    compare("minor", a.minor, b.minor);
    compare("size", a.size, b.size);
    if (a.content != b.content) line(path, "other content");
    if (a.link_group != b.link_group)
      line(path, "linked to '" + a.link_group + "' expected, '" + b.link_group + "' found");
    if (a.xattrs != b.xattrs) {
      line(path, "other xattrs:");
      for (const auto& [name, value] : a.xattrs) line(path, "  expected " + name + "=" + base::printable(value, 60));
      for (const auto& [name, value] : b.xattrs) line(path, "  found " + name + "=" + base::printable(value, 60));
    }
  }
  for (const auto& [path, b] : found) {
    if (!expected.contains(path)) line(path, "not expected");
  }
  return text;
}

}  // namespace davit::codec::testing
