#include "codec/zstd.h"

#include <algorithm>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/error.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;

constexpr int kHighestLevel = 19;

class UnzstdSource final : public base::Source {
 public:
  explicit UnzstdSource(base::Source& source)
      : source_(source),
        context_(ZSTD_createDCtx()),
        input_bytes_(ZSTD_DStreamInSize()),
        input_(std::make_unique_for_overwrite<std::byte[]>(input_bytes_)) {
    if (!context_) throw std::bad_alloc();
    check(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax));
  }

  std::size_t read(base::ByteSpan buffer) override {
    if (buffer.empty() || ended_) return 0;
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    while (out.pos == 0) {
      // Full output may have left bytes inside the context, so input is fetched only when a call made nothing of none.
      if (available_.pos == available_.size && !(in_frame_ && stalled_full_) && !refill()) {
        if (in_frame_) throw Error(Code::kCorrupt, "the zstd data is cut short");
        if (first_) throw Error(Code::kCorrupt, "the zstd data is empty");
        ended_ = true;
        return 0;
      }
      if (!in_frame_ && !first_ && pass_padding()) return 0;
      const std::size_t rest = check(ZSTD_decompressStream(context_.get(), &out, &available_));
      first_ = false;
      in_frame_ = rest != 0;
      stalled_full_ = out.pos == out.size;
    }
    return out.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  static std::size_t check(std::size_t result) {
    if (!ZSTD_isError(result)) return result;
    switch (ZSTD_getErrorCode(result)) {
      case ZSTD_error_memory_allocation:
        throw std::bad_alloc();
      case ZSTD_error_frameParameter_windowTooLarge:
        throw Error::format(Code::kNotSupported, "the zstd data needs a window of more than {} MiB",
                            (1 << kZstdWindowLogMax) >> 20);
      case ZSTD_error_dictionary_wrong:
        throw Error(Code::kNotSupported, "the zstd data needs a dictionary");
      default:
        throw Error::format(Code::kCorrupt, "the zstd data is damaged: {}", ZSTD_getErrorName(result));
    }
  }

  bool refill() {
    const std::size_t count = source_.read({input_.get(), input_bytes_});
    available_ = {input_.get(), count, 0};
    return count > 0;
  }

  // Between frames: true when the rest of the source was zero bytes, which are padding.
  bool pass_padding() {
    const auto next = [this] { return input_.get() + available_.pos; };
    if (*next() != std::byte{0}) return false;
    do {
      if (std::any_of(next(), input_.get() + available_.size, [](std::byte byte) { return byte != std::byte{0}; }))
        throw Error(Code::kCorrupt, "the zstd data is damaged: there is something else after the end");
    } while (refill());
    ended_ = true;
    return true;
  }

  base::Source& source_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::size_t input_bytes_;
  std::unique_ptr<std::byte[]> input_;
  ZSTD_inBuffer available_{nullptr, 0, 0};
  bool first_ = true;
  bool in_frame_ = false;
  bool stalled_full_ = false;  // the last call filled its output
  bool ended_ = false;
};

class ZstdSink final : public base::Sink {
 public:
  ZstdSink(base::Sink& sink, int level)
      : sink_(sink),
        context_(ZSTD_createCCtx()),
        output_bytes_(ZSTD_CStreamOutSize()),
        output_(std::make_unique_for_overwrite<std::byte[]>(output_bytes_)) {
    if (!context_) throw std::bad_alloc();
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level));
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1));
  }

  void write(base::ByteView bytes) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) step(in, ZSTD_e_continue);
  }

  void finish() override {
    ZSTD_inBuffer none{nullptr, 0, 0};
    while (step(none, ZSTD_e_end) != 0) {
    }
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  static std::size_t check(std::size_t result) {
    if (ZSTD_isError(result)) throw Error::format(Code::kInternal, "compress by zstd: {}", ZSTD_getErrorName(result));
    return result;
  }

  std::size_t step(ZSTD_inBuffer& in, ZSTD_EndDirective directive) {
    ZSTD_outBuffer out{output_.get(), output_bytes_, 0};
    const std::size_t rest = check(ZSTD_compressStream2(context_.get(), &out, &in, directive));
    if (out.pos > 0) sink_.write({output_.get(), out.pos});
    return rest;
  }

  base::Sink& sink_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::size_t output_bytes_;
  std::unique_ptr<std::byte[]> output_;
};

}  // namespace

std::unique_ptr<base::Source> unzstd(base::Source& source) { return std::make_unique<UnzstdSource>(source); }

std::unique_ptr<base::Sink> zstd(base::Sink& sink, int level) {
  if (level < 0 || level > kHighestLevel)
    throw Error::format(Code::kInvalidArgument, "zstd level {} is not between 1 and {}", level, kHighestLevel);
  return std::make_unique<ZstdSink>(sink, level == 0 ? kDefaultZstdLevel : level);
}

}  // namespace davit::codec
