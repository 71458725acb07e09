#pragma once
// Standard input and the like: a source that may stay silent for ever.

#include <string>

#include "base/fs/file.h"

namespace davit::base::fs {

// Reads a descriptor that it does not own. A wait for bytes ends with Error(kCancelled) when the user interrupts.
class InputSource final : public Source {
 public:
  InputSource(int fd, std::string name) : fd_(fd), source_(fd, std::move(name)) {}
  std::size_t read(ByteSpan buffer) override;

 private:
  int fd_;
  FdSource source_;
};

}  // namespace davit::base::fs
