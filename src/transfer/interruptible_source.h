#pragma once
// A source whose reader stops at Ctrl-C, between two pieces.

#include "base/interrupt.h"
#include "base/io.h"

namespace davit::transfer {

class InterruptibleSource final : public base::Source {
 public:
  explicit InterruptibleSource(base::Source& source) : source_(source) {}
  std::size_t read(base::ByteSpan buffer) override {
    base::check_interrupted();
    return source_.read(buffer);
  }

 private:
  base::Source& source_;
};

}  // namespace davit::transfer
