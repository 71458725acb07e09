#include "remote/upload_body.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace davit::remote {

class UploadBody::Piece final : public base::Source {
 public:
  Piece(UploadBody& whole, std::uint64_t length) : whole_(whole), left_(length) {}
  std::size_t read(base::ByteSpan buffer) override {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer.size()));
    if (most == 0) return 0;
    const std::size_t got = whole_.source_->read(buffer.first(most));
    left_ -= got;
    whole_.position_ += got;
    if (got > 0 && whole_.sent_) whole_.sent_(static_cast<std::int64_t>(got));
    return got;
  }

 private:
  UploadBody& whole_;
  std::uint64_t left_;
};

std::unique_ptr<base::Source> UploadBody::from(std::uint64_t offset, std::uint64_t length) {
  if (!source_ || position_ != offset) move_to(offset);
  return std::make_unique<Piece>(*this, length);
}

void UploadBody::move_to(std::uint64_t offset) {
  source_ = open_();
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(offset, base::kCopyBufferBytes)));
  for (std::uint64_t skipped = 0; skipped < offset;) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(offset - skipped, buffer.size()));
    const std::size_t got = source_->read(base::ByteSpan(buffer).first(most));
    if (got == 0) throw base::Error(base::Code::kCorrupt, "the source of an upload became shorter");
    skipped += got;
  }
  const auto moved = static_cast<std::int64_t>(offset) - static_cast<std::int64_t>(position_);
  position_ = offset;
  if (moved != 0 && sent_) sent_(moved);
}

}  // namespace davit::remote
