#pragma once
// The two ways to inflate a gzip. Private to src/codec.

#include <memory>

#include "codec/gzip_members.h"

namespace davit::codec {

// Where a source stands in its gzip: at the beginning of a member or of what follows the last one.
struct GzipPlace {
  bool first = true;  // no member was before it
  GzipMember at;
};

// One member after the other, by the caller's thread.
std::unique_ptr<base::Source> serial_gunzip(base::Source& source, GzipMembers* members, const GzipPlace& from = {});

// Members in davit's own form side by side, by threads - 1 threads of its own and the caller's. From the first thing
// that is none, or that is damaged in any way, serial_gunzip goes on with the very same bytes and tells what is wrong:
// so bytes and errors are its own.
std::unique_ptr<base::Source> parallel_gunzip(base::Source& source, unsigned threads, GzipMembers* members);

}  // namespace davit::codec
