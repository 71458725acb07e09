#pragma once
// One member of the gzip that davit writes (docs/formats/gzip.md). Private to src/codec.

#include <cstddef>
#include <memory>

#include "base/io.h"

struct libdeflate_compressor;

namespace davit::codec {

// Not for two threads at once.
class GzipMemberMaker {
 public:
  explicit GzipMemberMaker(int level);  // 1 to 12
  // At most kGzipMemberBytes of data as a member; valid until the next call.
  base::ByteView make(base::ByteView data);

 private:
  struct Free {
    void operator()(libdeflate_compressor* compressor) const;
  };
  std::unique_ptr<libdeflate_compressor, Free> compressor_;
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> member_;
};

// Makes members by `threads` threads of its own.
std::unique_ptr<base::Sink> parallel_gzip(base::Sink& sink, int level, unsigned threads);

}  // namespace davit::codec
