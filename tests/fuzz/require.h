#pragma once
// What a harness claims of its input.
#include <cstdlib>

#include "base/error.h"

namespace davit::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

// Runs what may refuse its input, and allows no other outcome than success or an Error about the input.
template <typename Function>
void attempt(Function function) {
  try {
    function();
  } catch (const base::Error& e) {
    require(e.code() == base::Code::kInvalidArgument || e.code() == base::Code::kNotSupported);
    require(!e.message().empty() && e.message().size() < 2000);
  }
}

}  // namespace davit::fuzz
