#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/strings.h"
#include "codec/tar.h"
#include "codec/tar_blocks.h"
#include "codec/tar_header.h"
#include "codec/tar_pax.h"
#include "codec/tar_sparse.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;
using namespace tar;

constexpr std::string_view kSchilyXattr = "SCHILY.xattr.", kLibarchiveXattr = "LIBARCHIVE.xattr.";

// What stood before an entry, for it.
struct Prelude {
  PaxRecords pax;
  std::optional<std::string> long_path, long_link;  // GNU's 'L' and 'K'
  bool any = false;
};

// Nothing for a type that is no entry of a file tree.
std::optional<EntryType> entry_type(const Header& header, const std::string& path) {
  switch (header.type()) {
    case '\0':
    case '0':
    case '7':  // contiguous: a file
      // Tars older than POSIX mark a folder so.
      return path.ends_with('/') ? EntryType::kDirectory : EntryType::kFile;
    case '1':
      return EntryType::kHardLink;
    case '2':
      return EntryType::kSymlink;
    case '3':
      return EntryType::kCharacterDevice;
    case '4':
      return EntryType::kBlockDevice;
    case '5':
    case 'D':  // GNU's incremental archives: a folder whose data is a list of its names
      return EntryType::kDirectory;
    case '6':
      return EntryType::kFifo;
    case 'S':
      if (header.dialect() == Dialect::kGnu) return EntryType::kFile;
      throw Malformed("a sparse file of an unknown dialect", Code::kNotSupported);
    case 'M':
      throw Malformed("the archive is a later volume of several", Code::kNotSupported);
    case 'N':
      throw Malformed("old GNU long names are not supported", Code::kNotSupported);
    default:
      // A to Z are for vendors' notes (a volume's label, ACLs); whatever else comes would be files.
      if (header.type() >= 'A' && header.type() <= 'Z') return std::nullopt;
      throw Malformed(fmt::format("unknown type '{}'", base::printable({header.bytes(kType)}, 4)), Code::kNotSupported);
  }
}

bool has_data(const Header& header, EntryType type) { return type == EntryType::kFile || header.type() == 'D'; }

std::uint64_t natural_number(const Header& header, Field field, std::string_view what) {
  const auto value = header.number(field);
  if (!value || *value < 0) throw Malformed(fmt::format("malformed {}", what));
  return static_cast<std::uint64_t>(*value);
}

std::uint32_t number32(std::uint64_t value, std::string_view what) {
  // (uid_t)-1 means "leave it" to chown(2): no archive may say that.
  if (value >= UINT32_MAX) throw Malformed(fmt::format("{} {} is out of range", what, value));
  return static_cast<std::uint32_t>(value);
}

std::uint32_t owner(const Header& header, Field field, const PaxRecords& pax, std::string_view key) {
  const std::string* said = pax.find(key);
  return number32(said != nullptr ? parse_pax_number(key, *said) : natural_number(header, field, key), key);
}

struct timespec modified(const Header& header, const PaxRecords& pax) {
  if (const std::string* said = pax.find("mtime")) return parse_pax_time("mtime", *said);
  const auto seconds = header.number(kMtime);
  if (!seconds) throw Malformed("malformed mtime");
  struct timespec time = {};
  time.tv_sec = *seconds;
  return time;
}

std::map<std::string, std::string> extended_attributes(const PaxRecords& pax) {
  std::map<std::string, std::string> xattrs;
  const auto each = [&pax](std::string_view prefix, const auto& use) {
    for (auto it = pax.values.lower_bound(prefix); it != pax.values.end() && it->first.starts_with(prefix); ++it) {
      const std::string key = it->first.substr(prefix.size());
      if (key.empty()) throw Malformed("extended attribute without a name");
      use(key, it->second);
    }
  };
  each(kSchilyXattr, [&](const std::string& key, const std::string& value) { xattrs.insert_or_assign(key, value); });
  // bsdtar writes both forms; the first needs no decoding.
  each(kLibarchiveXattr, [&](const std::string& key, const std::string& value) {
    const std::string name = decode_libarchive_key(key);
    if (name.find('\0') != std::string::npos) throw Malformed("NUL in the name of an extended attribute");
    if (!xattrs.contains(name)) xattrs.emplace(name, decode_libarchive_value(value));
  });
  return xattrs;
}

std::string name_of(const std::optional<std::string>& long_name, const PaxRecords& pax, std::string_view key,
                    std::string in_header) {
  if (long_name) return *long_name;
  if (const std::string* said = pax.find(key)) return *said;
  return in_header;
}

}  // namespace

struct TarReader::State {
  State(base::PieceSource& pieces, const Limits& all_limits) : blocks(pieces), limits(all_limits), data(*this) {}
  State(std::unique_ptr<base::ReadPieces> pieces, const Limits& all_limits)
      : own_pieces(std::move(pieces)), blocks(*own_pieces), limits(all_limits), data(*this) {}

  class Data final : public base::Source {
   public:
    explicit Data(State& state) : state_(state) {}
    std::size_t read(base::ByteSpan buffer) override {
      const base::ByteView piece = state_.data_piece(buffer.size());
      std::ranges::copy(piece, buffer.begin());
      return piece.size();
    }

   private:
    State& state_;
  };

  std::optional<TarEntry> next() {
    if (ended) return std::nullopt;
    skip_rest();
    try {
      return next_entry();
    } catch (const Malformed& malformed) {
      throw Error::format(malformed.code(), "tar entry '{}': {}", base::printable(name), malformed.message());
    }
  }

  std::optional<TarEntry> next_entry() {
    Prelude prelude;
    while (read_header(prelude)) {
      const Header header(block.data());
      name = header.path();
      if (++entries > limits.entries) throw Malformed(fmt::format("more than {} entries", limits.entries));
      switch (header.type()) {
        case 'x':
        case 'X':  // Sun's name for it
          prelude.pax = {};
          parse_pax(read_text(header, limits.pax_bytes), prelude.pax);
          prelude.any = true;
          --entries;
          break;
        case 'g':
          parse_pax(read_text(header, limits.pax_bytes), global);
          check_global();
          break;
        case 'L':
          prelude.long_path = read_name(header);
          prelude.any = true;
          --entries;
          break;
        case 'K':
          prelude.long_link = read_name(header);
          prelude.any = true;
          --entries;
          break;
        default:
          if (auto entry = make_entry(header, prelude)) return entry;
          prelude = {};
          skip_rest();
      }
    }
    ended = true;
    return std::nullopt;
  }

  // Reads a header into `block`; false at the archive's end.
  bool read_header(const Prelude& prelude) {
    const std::uint64_t at = blocks.position();
    const bool found = take_block();
    if (found && !Header(block.data()).is_zero()) {
      if (Header(block.data()).checksum_matches()) return true;
      if (at == 0) throw Error(Code::kCorrupt, "this is not a tar archive");
      throw Error::format(Code::kCorrupt, "the tar header at byte {}, after the entry '{}', is damaged", at,
                          base::printable(name));
    }
    if (prelude.any) throw Malformed("unexpected end of archive: no entry follows its extended header");
    if (found && take_block() && !Header(block.data()).is_zero())
      throw Error::format(Code::kCorrupt, "the tar archive goes on after a block of zeros at byte {}", at);
    return false;
  }

  // False at the end of the source.
  bool take_block() {
    const char* const next = blocks.next_block();
    if (next == nullptr && !blocks.at_end())
      throw Error::format(Code::kCorrupt, "unexpected end of archive in a header at byte {}", blocks.position());
    if (next == nullptr) return false;
    std::memcpy(block.data(), next, kBlockBytes);
    return true;
  }

  [[noreturn]] void throw_cut_short() {
    throw Error::format(Code::kCorrupt, "unexpected end of archive in the data of '{}'", base::printable(name));
  }

  // The data of an extended header.
  std::string read_text(const Header& header, std::uint64_t limit) {
    const std::uint64_t size = natural_number(header, kSize, "size");
    if (size > limit) throw Malformed(fmt::format("extended header of more than {} bytes", limit));
    begin_data(size, size);
    std::string text;
    while (data_left > 0) {
      text += base::as_text(data_piece(data_left));
    }
    skip_rest();
    return text;
  }

  std::string read_name(const Header& header) {
    const std::string text = read_text(header, limits.name_bytes + 1);
    return text.substr(0, text.find('\0'));
  }

  void check_global() const {
    std::size_t sum = 0;
    for (const auto& [key, value] : global.values) sum += key.size() + value.size();
    if (sum > limits.pax_bytes || !global.sparse_pairs.empty()) throw Malformed("oversized or odd global header");
  }

  // What holds for an entry: global records, overlaid by its own.
  PaxRecords merged(PaxRecords own) const {
    if (global.values.empty()) return own;
    PaxRecords all = global;
    for (auto& [key, value] : own.values) all.values.insert_or_assign(key, std::move(value));
    all.sparse_pairs = std::move(own.sparse_pairs);
    return all;
  }

  std::optional<TarEntry> make_entry(const Header& header, Prelude& prelude) {
    const PaxRecords pax = merged(std::move(prelude.pax));
    TarEntry entry;
    entry.path = name_of(prelude.long_path, pax, "path", header.path());
    name = entry.path;

    const std::optional<EntryType> type = entry_type(header, entry.path);
    const std::string* const said_size = pax.find("size");
    std::uint64_t stored =
        said_size != nullptr ? parse_pax_number("size", *said_size) : natural_number(header, kSize, "size");
    if (!type) {
      begin_data(0, stored);
      return std::nullopt;
    }
    entry.type = *type;
    if (!has_data(header, entry.type)) {
      if (entry.type == EntryType::kDirectory && header.type() != '5' && stored > 0)
        throw Malformed("a folder with data");
      stored = 0;
    }
    entry.mode = static_cast<mode_t>(natural_number(header, kMode, "mode") & 07777);
    entry.uid = owner(header, kUid, pax, "uid");
    entry.gid = owner(header, kGid, pax, "gid");
    entry.mtime = modified(header, pax);
    entry.xattrs = extended_attributes(pax);
    if (entry.type == EntryType::kHardLink || entry.type == EntryType::kSymlink) {
      entry.link_target = name_of(prelude.long_link, pax, "linkpath", header.text(kLinkName));
      check_name(entry.link_target);
      if (entry.link_target.empty()) throw Malformed("a link to nothing");
    }
    if (entry.type == EntryType::kCharacterDevice || entry.type == EntryType::kBlockDevice) {
      entry.device_major = number32(natural_number(header, kDeviceMajor, "device number"), "device number");
      entry.device_minor = number32(natural_number(header, kDeviceMinor, "device number"), "device number");
    }
    begin_data(entry.type == EntryType::kFile ? stored : 0, stored);
    if (entry.type == EntryType::kFile) set_sizes(header, pax, stored, entry);
    check_name(entry.path);
    return entry;
  }

  // Of a file: its size, and its map when it is sparse, whose blocks are read here.
  void set_sizes(const Header& header, const PaxRecords& pax, std::uint64_t stored, TarEntry& entry) {
    entry.size = stored;
    const bool old = header.type() == 'S';
    const auto next_block = [this, old]() -> const char* {
      // Format 1.0 has its map inside the data, the old one before it.
      if (!old && data_left < kBlockBytes) throw Malformed("the map of a sparse file is longer than its data");
      if (!take_block()) throw_cut_short();
      if (!old) data_left -= kBlockBytes;
      return block.data();
    };
    std::optional<SparseFile> sparse;
    if (old) {
      std::array<char, kBlockBytes> first = block;  // the blocks that follow are read into `block`
      sparse = read_old_sparse(Header(first.data()), next_block, limits.sparse_extents);
    } else {
      if (const std::string* real_name = pax.find("GNU.sparse.name")) name = entry.path = *real_name;
      sparse = read_pax_sparse(pax, next_block, limits.sparse_extents);
    }
    if (!sparse) return;
    check_sparse(*sparse, data_left);
    entry.size = sparse->real_size;
    entry.sparse = std::move(sparse->extents);
  }

  void check_name(const std::string& text) const {
    if (text.size() > limits.name_bytes) throw Malformed(fmt::format("name of more than {} bytes", limits.name_bytes));
    if (text.find('\0') != std::string::npos) throw Malformed("NUL in a name");
  }

  // The entry's data: `stored` bytes, of which data() gives the first `readable`.
  void begin_data(std::uint64_t readable, std::uint64_t stored) {
    data_left = readable;
    after_data = stored - readable + padding_of(stored);
  }

  base::ByteView data_piece(std::uint64_t most) {
    if (data_left == 0 || most == 0) return {};
    const base::ByteView piece = blocks.view(std::min(most, data_left));
    if (piece.empty()) throw_cut_short();
    data_left -= piece.size();
    return piece;
  }

  void skip_rest() {
    const std::uint64_t rest = data_left + after_data;
    data_left = after_data = 0;
    if (!blocks.skip(rest)) throw_cut_short();
  }

  std::unique_ptr<base::ReadPieces> own_pieces;  // where a source was given
  BlockReader blocks;
  Limits limits;
  Data data;
  std::array<char, kBlockBytes> block;  // the header at hand
  std::string name;                     // of the entry at hand, for messages
  std::uint64_t entries = 0;
  PaxRecords global;
  std::uint64_t data_left = 0;   // of the current file, to be read
  std::uint64_t after_data = 0;  // behind it, to be skipped
  bool ended = false;
};

TarReader::TarReader(base::Source& source, Limits limits)
    : state_(std::make_unique<State>(std::make_unique<base::ReadPieces>(source), limits)) {}

TarReader::TarReader(base::PieceSource& pieces, Limits limits) : state_(std::make_unique<State>(pieces, limits)) {}

TarReader::~TarReader() = default;

std::optional<TarEntry> TarReader::next() { return state_->next(); }

base::Source& TarReader::data() { return state_->data; }

base::ByteView TarReader::data_piece(std::uint64_t most) { return state_->data_piece(most); }

std::uint64_t TarReader::data_offset() const { return state_->blocks.position(); }

void TarReader::drain() {
  state_->data_left = state_->after_data = 0;
  state_->ended = true;
  state_->blocks.drain();
}

}  // namespace davit::codec
