#include "layer/entry_data.h"

#include <algorithm>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/strings.h"

namespace davit::layer {

namespace {
constexpr std::size_t kBufferBytes = 512 * 1024;
}

void copy_entry_data(const codec::TarEntry& entry, codec::TarReader& tar, std::uint64_t size,
                     std::vector<std::byte>& buffer,
                     const std::function<void(base::ByteView bytes, std::uint64_t at)>& write) {
  if (buffer.empty()) buffer.resize(kBufferBytes);
  for (std::uint64_t at = 0; at < size;) {
    if (at > 0) base::check_interrupted();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size - at, buffer.size()));
    const std::size_t count = base::read_full(tar.data(), base::ByteSpan(buffer).first(wanted));
    if (count < wanted) {
      throw base::Error::format(base::Code::kCorrupt, "layer entry '{}' is cut short", base::printable(entry.path));
    }
    write(base::ByteView(buffer).first(count), at);
    at += count;
  }
}

}  // namespace davit::layer
