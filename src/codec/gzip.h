#pragma once
// gzip, RFC 1952: used through compression.h. What our own members look like: docs/formats/gzip.md.

#include <cstddef>
#include <memory>

#include "base/io.h"
#include "codec/gzip_members.h"

namespace davit::codec {

// Inflates `source`, which outlives the result: one member or many, CRC-32 and length of each checked. With several
// threads (the caller's is one of them), members that tell their compressed length are inflated side by side, in
// memory of at most threads + 1 members of up to 2 MiB; bytes and errors are the same. Where members begin is added to
// `members` as they pass.
std::unique_ptr<base::Source> gunzip(base::Source& source, unsigned threads = 1, GzipMembers* members = nullptr);

// Deflates to `sink`, which outlives the result. Levels 1 to 12; 0 is the default. With more than one thread, members
// are made side by side by threads of the sink's own, and written in order by the caller's: the bytes are the same.
std::unique_ptr<base::Sink> gzip(base::Sink& sink, int level, unsigned threads = 1);

inline constexpr int kDefaultGzipLevel = 5;
inline constexpr std::size_t kGzipMemberBytes = 1024 * 1024;  // of uncompressed data in one member

namespace gzip_format {
inline constexpr unsigned char kMagic1 = 0x1f, kMagic2 = 0x8b, kDeflate = 8;
inline constexpr unsigned char kFlagHeaderCrc = 0x02, kFlagExtra = 0x04, kFlagName = 0x08, kFlagComment = 0x10,
                               kFlagsReserved = 0xe0;
inline constexpr unsigned char kUnknownSystem = 255;
inline constexpr unsigned char kSubfield1 = 'D', kSubfield2 = 'V';  // its four bytes: the length of the whole member
inline constexpr std::size_t kMemberHeaderBytes = 20;               // 10 fixed, 2 of XLEN, 4 of the subfield's head, 4
inline constexpr std::size_t kTrailerBytes = 8;
}  // namespace gzip_format

}  // namespace davit::codec
