#include "layer/file_bytes.h"

#include <algorithm>

#include "base/interrupt.h"

namespace davit::layer {

namespace {

constexpr std::uint64_t kStatusBlockBytes = 512;  // st_blocks counts these

}  // namespace

FileBytes::FileBytes(const base::fs::File& file, const struct stat& status)
    : file_(file), status_(status), size_(static_cast<std::uint64_t>(status.st_size)), data_{0, size_} {
  // Most files have no holes, and need not be asked for them.
  if (static_cast<std::uint64_t>(status.st_blocks) * kStatusBlockBytes < size_) find_data();
}

void FileBytes::find_data() { data_ = file_.data_after(at_).value_or(base::fs::Range{size_, 0}); }

std::size_t FileBytes::read(base::ByteSpan buffer) {
  if (at_ >= size_ || buffer.empty()) return 0;
  base::check_interrupted();
  if (at_ >= data_.offset + data_.size) find_data();
  const bool hole = at_ < data_.offset;
  const std::uint64_t end = std::min(size_, hole ? data_.offset : data_.offset + data_.size);
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at_));
  const std::size_t count = hole ? 0 : file_.read_at(buffer.first(wanted), at_);
  std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(count), buffer.begin() + static_cast<std::ptrdiff_t>(wanted),
            std::byte{0});
  at_ += wanted;
  return wanted;
}

bool FileBytes::changed() const {
  const struct stat now = file_.status();
  return now.st_size != status_.st_size || now.st_mtim.tv_sec != status_.st_mtim.tv_sec ||
         now.st_mtim.tv_nsec != status_.st_mtim.tv_nsec;
}

}  // namespace davit::layer
