#include <algorithm>
#include <cstring>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "base/error.h"
#include "codec/gunzip.h"
#include "codec/gzip.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;
using namespace gzip_format;

constexpr std::size_t kInputBytes = 128 * 1024;
constexpr std::size_t kWindowBytes = 256 * 1024;
// ISA-L decodes the first 32 KiB of each call in a buffer of its own and copies them, so small reads go through a
// window.
constexpr std::size_t kDirectBytes = 128 * 1024;

// The header is parsed here and not by ISA-L 2.30, which forgets its flags when a header is split between two inputs.
class GunzipSource final : public base::Source {
 public:
  GunzipSource(base::Source& source, GzipMembers* members, const GzipPlace& from)
      : source_(source),
        members_(members),
        place_(from),
        input_(std::make_unique_for_overwrite<std::byte[]>(kInputBytes)) {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP_NO_HDR_VER;
  }

  std::size_t read(base::ByteSpan buffer) override {
    if (buffer.empty()) return 0;
    if (window_begin_ < window_end_) return from_window(buffer);
    if (buffer.size() >= kDirectBytes) return inflate(buffer);
    if (!window_) window_ = std::make_unique_for_overwrite<std::byte[]>(kWindowBytes);
    window_begin_ = 0;
    window_end_ = inflate(base::ByteSpan(window_.get(), kWindowBytes));
    return from_window(buffer);
  }

 private:
  std::size_t from_window(base::ByteSpan buffer) {
    const std::size_t count = std::min(buffer.size(), window_end_ - window_begin_);
    if (count > 0) std::memcpy(buffer.data(), window_.get() + window_begin_, count);
    window_begin_ += count;
    return count;
  }

  [[noreturn]] static void throw_damaged(std::string_view what) {
    throw Error::format(Code::kCorrupt, "the gzip data is damaged: {}", what);
  }

  // False at the end of the source.
  bool refill() {
    const std::size_t count = source_.read(base::ByteSpan(input_.get(), kInputBytes));
    place_.at.offset += count;
    state_->next_in = reinterpret_cast<std::uint8_t*>(input_.get());
    state_->avail_in = static_cast<std::uint32_t>(count);
    return count > 0;
  }

  // The next byte of the input without taking it, or -1 at its end.
  int peek() {
    if (state_->avail_in == 0 && !refill()) return -1;
    return *state_->next_in;
  }

  unsigned char header_byte() {
    const int next = peek();
    if (next < 0) throw Error(Code::kCorrupt, "the gzip data is cut short in a header");
    const auto byte = static_cast<unsigned char>(next);
    ++state_->next_in;
    --state_->avail_in;
    header_crc_ = crc32_gzip_refl(header_crc_, &byte, 1);
    return byte;
  }

  void skip_text() {
    while (header_byte() != 0) {
    }
  }

  void read_header() {
    const GzipMember member = {place_.at.offset - state_->avail_in, place_.at.data_offset};
    header_crc_ = 0;
    if (header_byte() != kMagic1 || header_byte() != kMagic2)
      throw_damaged(place_.first ? "it does not begin with a gzip header" : "there is something else after the end");
    if (header_byte() != kDeflate) throw_damaged("unknown compression method");
    const unsigned char flags = header_byte();
    if ((flags & kFlagsReserved) != 0) throw_damaged("unknown header flags");
    for (int i = 0; i < 6; ++i) header_byte();  // time, extra flags, system
    if ((flags & kFlagExtra) != 0) {
      std::size_t size = header_byte();
      size |= static_cast<std::size_t>(header_byte()) << 8;
      while (size-- > 0) header_byte();
    }
    if ((flags & kFlagName) != 0) skip_text();
    if ((flags & kFlagComment) != 0) skip_text();
    if ((flags & kFlagHeaderCrc) != 0) {
      const std::uint32_t expected = header_crc_ & 0xffff;
      std::uint32_t found = header_byte();
      found |= static_cast<std::uint32_t>(header_byte()) << 8;
      if (found != expected) throw_damaged("the checksum of a header is wrong");
    }
    isal_inflate_reset(state_.get());
    state_->total_out = 0;
    in_member_ = true;
    place_.first = false;
    if (members_ != nullptr) members_->add(member);
  }

  // After a member: another one, zero bytes to the end, or the end. False when nothing is left.
  bool begin_member() {
    const int next = peek();
    if (next < 0 && place_.first) throw Error(Code::kCorrupt, "the gzip data is empty");
    if (next < 0) return false;
    if (next == 0 && !place_.first) {
      pass_padding();
      return false;
    }
    read_header();
    return true;
  }

  void pass_padding() {
    do {
      const std::uint8_t* end = state_->next_in + state_->avail_in;
      if (std::any_of(state_->next_in, const_cast<std::uint8_t*>(end), [](std::uint8_t byte) { return byte != 0; }))
        throw_damaged("there is something else after the end");
    } while (refill());
  }

  std::size_t inflate(base::ByteSpan out) {
    while (!ended_) {
      if (!in_member_ && !begin_member()) {
        ended_ = true;
        break;
      }
      state_->next_out = reinterpret_cast<std::uint8_t*>(out.data());
      state_->avail_out = static_cast<std::uint32_t>(std::min<std::size_t>(out.size(), UINT32_MAX / 2));
      const std::uint32_t room = state_->avail_out;
      const std::uint32_t had = state_->avail_in;
      const int result = isal_inflate(state_.get());
      if (result == ISAL_INCORRECT_CHECKSUM) throw_damaged("a checksum or length does not match");
      if (result < 0) throw_damaged("invalid deflate data");
      const std::size_t made = room - state_->avail_out;
      place_.at.data_offset += made;
      if (state_->block_state == ISAL_BLOCK_FINISH) in_member_ = false;
      if (made > 0) return made;
      if (!in_member_) continue;
      if (state_->avail_in == 0) {
        if (!refill()) throw Error(Code::kCorrupt, "the gzip data is cut short");
      } else if (state_->avail_in == had) {
        throw_damaged("invalid deflate data");
      }
    }
    return 0;
  }

  base::Source& source_;
  GzipMembers* const members_;
  GzipPlace place_;  // after what was read of the source and made of it
  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
  std::unique_ptr<std::byte[]> input_;
  std::unique_ptr<std::byte[]> window_;
  std::size_t window_begin_ = 0, window_end_ = 0;
  std::uint32_t header_crc_ = 0;
  bool in_member_ = false;  // between a header and the end of its trailer
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<base::Source> serial_gunzip(base::Source& source, GzipMembers* members, const GzipPlace& from) {
  return std::make_unique<GunzipSource>(source, members, from);
}

std::unique_ptr<base::Source> gunzip(base::Source& source, unsigned threads, GzipMembers* members) {
  if (threads > 1) return parallel_gunzip(source, threads, members);
  return serial_gunzip(source, members);
}

}  // namespace davit::codec
