#pragma once
// gzip (RFC 1952, one member or many), zstd (RFC 8878), xz (read only) and no compression, as Sources and Sinks, in
// bounded memory.

#include <memory>
#include <optional>

#include "base/io.h"

namespace davit::codec {

class GzipMembers;

enum class Compression { kNone, kGzip, kZstd, kXz };

// By the first bytes: 6 are enough. Bzip2 is recognised only to be refused: throws Error(kNotSupported) naming it.
Compression detect_compression(base::ByteView first_bytes);

struct DecompressOptions {
  unsigned threads = 0;            // at most so many at work, the caller's included; 0: decompression_threads()
  GzipMembers* members = nullptr;  // of a gzip: filled on the way, whole at the end (codec/gzip_members.h)
};

// The decompressed bytes of `source`, which outlives the result. Only gzip that davit wrote can be read by more than
// one thread; bytes and errors do not depend on their number. Errors: kCorrupt for damage or truncation (also of the
// last member; trailing zero bytes are padding, other trailing bytes are damage), kNotSupported for a zstd window over
// 128 MiB or xz data that takes more than 256 MiB to read.
std::unique_ptr<base::Source> decompress(base::Source& source, Compression compression,
                                         const DecompressOptions& options = {});
// The same, looking at the first bytes itself; `found` tells what it was.
std::unique_ptr<base::Source> decompress_detected(base::Source& source, Compression* found = nullptr,
                                                  const DecompressOptions& options = {});

// Compresses to `sink`, which outlives the result; finish() writes the end but does not finish the sink.
// kGzip: members of about 1 MiB by libdeflate, each with its compressed length in an extra field
// (docs/formats/gzip.md), by so many threads. kXz is not written: Error(kNotSupported).
std::unique_ptr<base::Sink> compress(base::Sink& sink, Compression compression, int level = 0 /* the default of each */,
                                     unsigned threads = 1);
unsigned compression_threads();    // what suits this machine: one a core, at most 4
unsigned decompression_threads();  // the same, at most 2: what they make is then hashed by one

}  // namespace davit::codec
