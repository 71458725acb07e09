#pragma once
// For the tests beside it.

#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/io.h"

namespace davit::codec::testing {

// Reads at most `step` bytes at once, as a slow network does.
class DripSource final : public base::Source {
 public:
  DripSource(std::string_view text, std::size_t step) : rest_(text), step_(step) {}
  std::size_t read(base::ByteSpan buffer) override {
    const std::size_t count = std::min({buffer.size(), step_, rest_.size()});
    std::copy_n(rest_.data(), count, reinterpret_cast<char*>(buffer.data()));
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  std::size_t step_;
};

// The same for equal seeds; compresses to something like half.
inline std::string sample_bytes(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text;
  text.reserve(size + 64);
  while (text.size() < size) {
    if (text.size() > 1000 && random() % 2 == 0)
      text += text.substr(random() % (text.size() - 100), 4 + random() % 60);
    else
      text += static_cast<char>(random());
  }
  text.resize(size);
  return text;
}

inline std::string read_whole(base::Source& source) { return base::read_all(source, std::size_t{1} << 30); }

// Runs `act`, which must throw base::Error of this code, and returns its message.
template <typename Act>
std::string error_of(base::Code code, Act act) {
  try {
    act();
  } catch (const base::Error& error) {
    EXPECT_EQ(base::name(error.code()), base::name(code)) << error.message();
    return error.message();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

inline base::fs::TemporaryDirectory temporary_directory() {
  return base::fs::TemporaryDirectory(::testing::TempDir(), "codec-");
}

}  // namespace davit::codec::testing
