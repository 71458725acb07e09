#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "base/strings.h"
#include "codec/tar.h"
#include "codec/tar_header.h"
#include "codec/tar_pax.h"
#include "codec/tar_sparse.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;
using namespace tar;

constexpr std::array<char, 2 * kBlockBytes> kZeros{};

char type_flag(EntryType type) {
  switch (type) {
    case EntryType::kFile:
      return '0';
    case EntryType::kHardLink:
      return '1';
    case EntryType::kSymlink:
      return '2';
    case EntryType::kCharacterDevice:
      return '3';
    case EntryType::kBlockDevice:
      return '4';
    case EntryType::kDirectory:
      return '5';
    case EntryType::kFifo:
      return '6';
  }
  throw Error(Code::kInternal, "unknown type of a tar entry");
}

// The largest number that octal digits and a NUL can say.
constexpr std::uint64_t most_in(Field field) { return (std::uint64_t{1} << (3 * (field.size - 1))) - 1; }

class Block {
 public:
  Block() {
    put(kMagic, std::string_view("ustar\00000", 8));
    put_number(kDeviceMajor, 0);
    put_number(kDeviceMinor, 0);
  }

  // As much of the text as fits.
  void put(Field field, std::string_view text) {
    std::copy_n(text.data(), std::min(text.size(), field.size), bytes_.data() + field.offset);
  }
  void put_number(Field field, std::uint64_t value) {
    for (std::size_t i = field.size - 1; i-- > 0; value >>= 3)
      bytes_[field.offset + i] = static_cast<char>('0' + (value & 7));
  }
  std::string_view finish() {
    std::memset(bytes_.data() + kChecksum.offset, ' ', kChecksum.size);
    std::uint64_t sum = 0;
    for (const char byte : bytes_) sum += static_cast<unsigned char>(byte);
    put_number({kChecksum.offset, kChecksum.size - 1}, sum);  // six digits, NUL, space
    bytes_[kChecksum.offset + kChecksum.size - 2] = '\0';
    return {bytes_.data(), bytes_.size()};
  }

 private:
  std::array<char, kBlockBytes> bytes_{};
};

// The header of one entry, with the extended header before it where plain ustar cannot say it all.
class EntryWriter {
 public:
  explicit EntryWriter(const TarEntry& entry) : entry_(entry), path_(entry.path) {
    if (entry.type == EntryType::kDirectory && !path_.ends_with('/')) path_ += '/';
  }

  std::string header(std::uint64_t stored) {
    if (entry_.sparse) add_sparse();
    put_path();
    put_link();
    block_.put_number(kMode, entry_.mode & 07777);
    put_number(kUid, "uid", entry_.uid);
    put_number(kGid, "gid", entry_.gid);
    put_number(kSize, "size", stored);
    put_mtime();
    block_.put(kType, std::string(1, type_flag(entry_.type)));
    if (entry_.type == EntryType::kCharacterDevice || entry_.type == EntryType::kBlockDevice) {
      put_device(kDeviceMajor, entry_.device_major);
      put_device(kDeviceMinor, entry_.device_minor);
    }
    add_xattrs();
    return extended_header() + std::string(block_.finish());
  }

 private:
  std::string_view folder() const {
    const std::string_view path = entry_.path;
    const std::size_t slash = path.find_last_not_of('/') == std::string_view::npos
                                  ? std::string_view::npos
                                  : path.rfind('/', path.find_last_not_of('/'));
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
  }
  std::string_view base_name() const { return std::string_view(entry_.path).substr(folder().size()); }

  void add(std::string_view key, std::string value) { records_.insert_or_assign(std::string(key), std::move(value)); }

  void add_sparse() {
    add("GNU.sparse.major", "1");
    add("GNU.sparse.minor", "0");
    add("GNU.sparse.name", path_);
    add("GNU.sparse.realsize", std::to_string(entry_.size));
    // What a reader that knows no sparse files is to call it.
    path_ = std::string(folder()) + "GNUSparseFile.0/" + std::string(base_name());
  }

  // Name, or prefix and name parted at a slash that is neither's.
  void put_path() {
    if (path_.size() <= kName.size) return block_.put(kName, path_);
    const std::size_t slash = path_.find('/', path_.size() - kName.size - 1);
    if (slash != std::string::npos && slash > 0 && slash <= kPrefix.size && slash + 1 < path_.size()) {
      block_.put(kPrefix, std::string_view(path_).substr(0, slash));
      block_.put(kName, std::string_view(path_).substr(slash + 1));
      return;
    }
    block_.put(kName, path_);
    add("path", path_);
  }

  void put_link() {
    if (entry_.type != EntryType::kHardLink && entry_.type != EntryType::kSymlink) return;
    block_.put(kLinkName, entry_.link_target);
    if (entry_.link_target.size() > kLinkName.size) add("linkpath", entry_.link_target);
  }

  void put_number(Field field, std::string_view key, std::uint64_t value) {
    const bool fits = value <= most_in(field);
    block_.put_number(field, fits ? value : 0);
    if (!fits) add(key, std::to_string(value));
  }

  void put_mtime() {
    const bool fits = entry_.mtime.tv_sec >= 0 && static_cast<std::uint64_t>(entry_.mtime.tv_sec) <= most_in(kMtime);
    block_.put_number(kMtime, fits ? static_cast<std::uint64_t>(entry_.mtime.tv_sec) : 0);
    if (!fits || entry_.mtime.tv_nsec != 0) add("mtime", pax_time(entry_.mtime));
  }

  void put_device(Field field, std::uint32_t number) {
    if (number > most_in(field))
      throw Error::format(Code::kNotSupported, "the device number of '{}' is too large for a tar archive",
                          base::printable(entry_.path));
    block_.put_number(field, number);
  }

  void add_xattrs() {
    for (const auto& [key, value] : entry_.xattrs) {
      // A '=' would end the key too early; the other form encodes it.
      if (key.find('=') == std::string::npos)
        add("SCHILY.xattr." + key, value);
      else
        add("LIBARCHIVE.xattr." + encode_libarchive_key(key), encode_libarchive_value(value));
    }
  }

  std::string extended_header() const {
    if (records_.empty()) return {};
    std::string text;
    for (const auto& [key, value] : records_) append_pax(text, key, value);
    Block block;
    block.put(kName, (std::string(folder()) + "PaxHeaders.0/" + std::string(base_name())).substr(0, kName.size - 1));
    block.put_number(kMode, 0644);
    block.put_number(kUid, 0);
    block.put_number(kGid, 0);
    block.put_number(kSize, text.size());
    block.put_number(kMtime, 0);
    block.put(kType, "x");
    text.append(padding_of(text.size()), '\0');
    return std::string(block.finish()) + text;
  }

  const TarEntry& entry_;
  std::string path_;
  Block block_;
  std::map<std::string, std::string> records_;
};

[[noreturn]] void throw_invalid(const TarEntry& entry, std::string_view what) {
  throw Error::format(Code::kInvalidArgument, "'{}' cannot be put into a tar archive: {}", base::printable(entry.path),
                      what);
}

void check(const TarEntry& entry) {
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (entry.path.empty()) throw_invalid(entry, "it has no name");
  if (has_nul(entry.path) || has_nul(entry.link_target)) throw_invalid(entry, "NUL in a name");
  for (const auto& [key, value] : entry.xattrs) {
    if (key.empty() || has_nul(key)) throw_invalid(entry, "invalid name of an extended attribute");
  }
  const bool link = entry.type == EntryType::kHardLink || entry.type == EntryType::kSymlink;
  if (link && entry.link_target.empty()) throw_invalid(entry, "a link to nothing");
  if (entry.type != EntryType::kDirectory && entry.path.ends_with('/'))
    throw_invalid(entry, "only a folder's name ends in a slash");
  if (entry.type != EntryType::kFile && entry.sparse) throw_invalid(entry, "only a file can be sparse");
  if (entry.mtime.tv_nsec < 0 || entry.mtime.tv_nsec >= 1'000'000'000) throw_invalid(entry, "invalid time");
}

}  // namespace

struct TarWriter::State {
  explicit State(base::Sink& to) : sink(to) {}

  void write(std::string_view text) { sink.write(base::as_byte_view(text)); }
  void pad(std::uint64_t size) { write({kZeros.data(), padding_of(size)}); }

  void copy_data(const TarEntry& entry, base::Source* data, std::uint64_t size) {
    if (size > 0 && data == nullptr) throw_invalid(entry, "its data is not given");
    if (size > 0 && !buffer) buffer = std::make_unique_for_overwrite<std::byte[]>(base::kCopyBufferBytes);
    for (std::uint64_t left = size; left > 0;) {
      const std::size_t count = data->read({buffer.get(), std::min<std::uint64_t>(left, base::kCopyBufferBytes)});
      if (count == 0)
        throw Error::format(Code::kIo, "'{}' became shorter while it was read: {} of {} bytes",
                            base::printable(entry.path), size - left, size);
      sink.write({buffer.get(), count});
      left -= count;
    }
  }

  base::Sink& sink;
  std::unique_ptr<std::byte[]> buffer;
};

TarWriter::TarWriter(base::Sink& sink) : state_(std::make_unique<State>(sink)) {}

TarWriter::~TarWriter() = default;

void TarWriter::add(const TarEntry& entry, base::Source* data) {
  check(entry);
  std::uint64_t size = entry.type == EntryType::kFile ? entry.size : 0;
  std::string map;
  if (entry.sparse) {
    SparseFile file{entry.size, *entry.sparse, 0};
    size = 0;
    for (const SparseExtent& extent : file.extents) size += extent.size;
    try {
      check_sparse(file, size);
    } catch (const Malformed& malformed) {
      throw_invalid(entry, malformed.message());
    }
    map = sparse_map_text(file.extents, entry.size);
  }
  state_->write(EntryWriter(entry).header(map.size() + size) + map);
  state_->copy_data(entry, data, size);
  state_->pad(map.size() + size);
}

void TarWriter::finish() { state_->write({kZeros.data(), kZeros.size()}); }

}  // namespace davit::codec
