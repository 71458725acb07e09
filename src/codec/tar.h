#pragma once
// Tar archives: POSIX ustar and pax, GNU long names and sparse files (old, 0.0, 0.1 and 1.0), base-256 numbers.
// Untrusted input: names are as the archive has them, whoever unpacks confines them.

#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/pieces.h"

namespace davit::codec {

enum class EntryType { kFile, kHardLink, kSymlink, kCharacterDevice, kBlockDevice, kDirectory, kFifo };

struct SparseExtent {
  std::uint64_t offset = 0;  // in the file
  std::uint64_t size = 0;    // bytes of data
};

struct TarEntry {
  EntryType type = EntryType::kFile;
  std::string path;         // as in the archive; may be empty, "/" or "./"
  std::string link_target;  // of links
  mode_t mode = 0;          // permission bits, setuid, setgid, sticky; no type
  std::uint32_t uid = 0, gid = 0;
  struct timespec mtime = {0, 0};
  std::uint64_t size = 0;  // of a file, as unpacked
  std::uint32_t device_major = 0, device_minor = 0;
  std::map<std::string, std::string> xattrs;        // SCHILY.xattr.* (and LIBARCHIVE's), binary values
  std::optional<std::vector<SparseExtent>> sparse;  // data is these extents, the rest holes; in order, inside size
};

class TarReader {
 public:
  struct Limits {
    std::uint64_t entries = 10'000'000;
    std::size_t name_bytes = 64 * 1024;
    std::size_t pax_bytes = 1024 * 1024;  // of one extended header
    std::size_t sparse_extents = 1'000'000;
  };

  // The source outlives the reader. Of pieces only headers are copied.
  explicit TarReader(base::Source& source) : TarReader(source, Limits()) {}
  explicit TarReader(base::PieceSource& pieces) : TarReader(pieces, Limits()) {}
  TarReader(base::Source& source, Limits limits);
  TarReader(base::PieceSource& pieces, Limits limits);
  ~TarReader();

  // The next entry, or nothing at the end (two zero blocks, or the end of the source at an entry's boundary). What is
  // left of the entry before is skipped. Throws Error(kCorrupt) naming the entry and what is wrong; after that only
  // drain() and the destructor may be called. Vendors' notes (types A to Z) are skipped, other unknown types are
  // Error(kNotSupported). What is accepted in detail: docs/formats/tar.md.
  std::optional<TarEntry> next();

  // The current file's data: of a sparse file, its extents one after the other. Valid until next().
  base::Source& data();
  // The same data without a copy: the next bytes of it as they lie in the reader's piece, at most `most`; none at the
  // end of the data. Valid until the next call of anything here.
  base::ByteView data_piece(std::uint64_t most = UINT64_MAX);
  // Where that data begins in the archive (of a sparse file: its first extent's), before any of it was read.
  std::uint64_t data_offset() const;

  // Reads the source to its end, as a digest over the whole stream needs; anything after the archive's end is passed
  // over.
  void drain();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Writes POSIX pax archives; a header is plain ustar where it can be. Fixed layout: equal entries give equal bytes.
class TarWriter {
 public:
  explicit TarWriter(base::Sink& sink);  // the sink outlives the writer
  ~TarWriter();
  // Writes an entry; of a file `data` gives entry.size bytes (of a sparse one: the sum of its extents): Error(kIo) when
  // it ends before, what it has beyond is not read. A folder's name gets its slash. Error(kInvalidArgument) for an
  // entry that no archive can hold.
  void add(const TarEntry& entry, base::Source* data = nullptr);
  void finish();  // the two zero blocks; does not finish the sink

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::codec
