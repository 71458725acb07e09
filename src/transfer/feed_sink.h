#pragma once
// What reads a fetched blob while it comes must see each byte once, though a fetch may begin anew.

#include <algorithm>
#include <cstdint>

#include "base/io.h"

namespace davit::transfer {

// After restart() (the server gave the blob from its beginning again) the bytes that `next` has had already are passed
// over. Should they differ from the first ones, whoever verifies the whole tells.
class FeedSink final : public base::Sink {
 public:
  explicit FeedSink(base::Sink& next) : next_(next) {}
  void write(base::ByteView bytes) override {
    const std::size_t seen = static_cast<std::size_t>(std::min<std::uint64_t>(fed_ - position_, bytes.size()));
    position_ += bytes.size();
    if (seen == bytes.size()) return;
    next_.write(bytes.subspan(seen));
    fed_ = position_;
  }
  void restart() { position_ = 0; }

 private:
  base::Sink& next_;
  std::uint64_t fed_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace davit::transfer
