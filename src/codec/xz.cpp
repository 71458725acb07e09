#include "codec/xz.h"

#include <lzma.h>

#include "base/error.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;

class UnxzSource final : public base::Source {
 public:
  explicit UnxzSource(base::Source& source)
      : source_(source), input_(std::make_unique_for_overwrite<std::byte[]>(base::kCopyBufferBytes)) {
    check(lzma_stream_decoder(&stream_, kXzMemoryLimit, LZMA_CONCATENATED));
  }
  ~UnxzSource() override { lzma_end(&stream_); }
  UnxzSource(const UnxzSource&) = delete;
  UnxzSource& operator=(const UnxzSource&) = delete;

  std::size_t read(base::ByteSpan buffer) override {
    if (buffer.empty() || ended_) return 0;
    stream_.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    stream_.avail_out = buffer.size();
    while (stream_.avail_out == buffer.size() && !ended_) {
      if (stream_.avail_in == 0 && !input_ended_) refill();
      // Of several streams only the end of the input tells which one was the last.
      ended_ = check(lzma_code(&stream_, input_ended_ ? LZMA_FINISH : LZMA_RUN)) == LZMA_STREAM_END;
    }
    return buffer.size() - stream_.avail_out;
  }

 private:
  static lzma_ret check(lzma_ret result) {
    switch (result) {
      case LZMA_OK:
      case LZMA_STREAM_END:
        return result;
      case LZMA_MEM_ERROR:
        throw std::bad_alloc();
      case LZMA_MEMLIMIT_ERROR:
        throw Error::format(Code::kNotSupported, "the xz data needs more than {} MiB of memory", kXzMemoryLimit >> 20);
      case LZMA_OPTIONS_ERROR:
      case LZMA_UNSUPPORTED_CHECK:
        throw Error(Code::kNotSupported, "the xz data uses a filter or a check that liblzma does not know");
      case LZMA_BUF_ERROR:
        throw Error(Code::kCorrupt, "the xz data is cut short");
      default:
        throw Error(Code::kCorrupt, "the xz data is damaged");
    }
  }

  void refill() {
    const std::size_t count = source_.read({input_.get(), base::kCopyBufferBytes});
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(input_.get());
    stream_.avail_in = count;
    input_ended_ = count == 0;
  }

  base::Source& source_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  std::unique_ptr<std::byte[]> input_;
  bool input_ended_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<base::Source> unxz(base::Source& source) { return std::make_unique<UnxzSource>(source); }

}  // namespace davit::codec
