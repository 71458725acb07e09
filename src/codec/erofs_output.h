#pragma once
// A part of the EROFS writer: collects what is written, and gives the superblock its checksum before that goes out.

#include <cstdint>
#include <vector>

#include "base/io.h"
#include "codec/erofs_format.h"

namespace davit::codec::erofs {

inline std::uint64_t round_up(std::uint64_t number, std::uint64_t unit) { return (number + unit - 1) / unit * unit; }

class Output {
 public:
  Output(base::Sink& sink, unsigned block_bits) : sink_(sink), checksummed_(checksummed_bytes(block_bits)) {}

  // So many bytes more, of zeros; to be filled in before the next call.
  std::byte* extend(std::size_t bytes) {
    if (buffer_.size() > kMost) flush();
    buffer_.resize(buffer_.size() + bytes);
    return buffer_.data() + buffer_.size() - bytes;
  }
  void zeros_to(std::uint64_t position) { extend(position - (flushed_ + buffer_.size())); }
  void flush() {
    if (flushed_ == 0) {
      std::byte* superblock = buffer_.data() + kSuperblockAt;
      store(superblock + superblock::kChecksumAt, superblock_checksum({superblock, checksummed_}));
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

}  // namespace davit::codec::erofs
