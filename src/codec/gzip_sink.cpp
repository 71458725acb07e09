#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "codec/gzip.h"
#include "codec/gzip_member.h"

namespace davit::codec {

namespace {

constexpr int kHighestLevel = 12;

class GzipSink final : public base::Sink {
 public:
  GzipSink(base::Sink& sink, int level) : sink_(sink), maker_(level) {}

  void write(base::ByteView bytes) override {
    // A whole member's worth is compressed from where it lies.
    while (filled_ == 0 && bytes.size() >= kGzipMemberBytes) {
      write_member(bytes.first(kGzipMemberBytes));
      bytes = bytes.subspan(kGzipMemberBytes);
    }
    while (!bytes.empty()) {
      if (!pending_) pending_ = std::make_unique_for_overwrite<std::byte[]>(kGzipMemberBytes);
      const std::size_t count = std::min(bytes.size(), kGzipMemberBytes - filled_);
      std::memcpy(pending_.get() + filled_, bytes.data(), count);
      filled_ += count;
      bytes = bytes.subspan(count);
      if (filled_ == kGzipMemberBytes) flush();
    }
  }

  // An empty stream is one empty member.
  void finish() override {
    if (filled_ > 0 || !any_) flush();
  }

 private:
  void flush() {
    write_member({pending_.get(), filled_});
    filled_ = 0;
  }

  void write_member(base::ByteView data) {
    sink_.write(maker_.make(data));
    any_ = true;
  }

  base::Sink& sink_;
  GzipMemberMaker maker_;
  std::unique_ptr<std::byte[]> pending_;  // data of the member being filled
  std::size_t filled_ = 0;
  bool any_ = false;  // a member has been written
};

}  // namespace

std::unique_ptr<base::Sink> gzip(base::Sink& sink, int level, unsigned threads) {
  if (level < 0 || level > kHighestLevel)
    throw base::Error::format(base::Code::kInvalidArgument, "gzip level {} is not between 1 and {}", level,
                              kHighestLevel);
  if (level == 0) level = kDefaultGzipLevel;
  if (threads > 1) return parallel_gzip(sink, level, threads);
  return std::make_unique<GzipSink>(sink, level);
}

}  // namespace davit::codec
