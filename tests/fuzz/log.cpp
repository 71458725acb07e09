// A container's log, whatever stands in it. Nothing of a sound record is lost, each stream keeps its order, and the
// input may come in any pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "container/log_reader.h"
#include "tests/fuzz/require.h"

namespace {

using davit::container::LogEntry;
using davit::container::LogReader;
using davit::container::LogStream;

class Pieces final : public davit::base::Source {
 public:
  Pieces(std::string_view text, std::size_t step) : text_(text), step_(step) {}
  std::size_t read(davit::base::ByteSpan buffer) override {
    const auto piece = text_.substr(0, std::min(step_, buffer.size()));
    std::copy(piece.begin(), piece.end(), reinterpret_cast<char*>(buffer.data()));
    text_.remove_prefix(piece.size());
    return piece.size();
  }

 private:
  std::string_view text_;
  std::size_t step_;
};

struct Shown {
  std::string out, err;
  std::uint64_t damaged = 0;
  bool operator==(const Shown&) const = default;
};

Shown shown(std::string_view text, std::size_t step) {
  Pieces source(text, step);
  LogReader reader(source);
  Shown result;
  const auto take = [&](const LogEntry& entry) {
    davit::fuzz::require(entry.text.size() <= LogReader::kMostEntryBytes + LogReader::kMostRecordBytes + 1);
    (entry.stream == LogStream::kStderr ? result.err : result.out) += entry.text;
  };
  while (const auto entry = reader.next()) take(*entry);
  while (const auto entry = reader.unfinished()) take(*entry);
  davit::fuzz::require(!reader.next());
  result.damaged = reader.damaged();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Shown whole = shown(text, SIZE_MAX);
  davit::fuzz::require(whole.out.size() + whole.err.size() <= size);
  davit::fuzz::require(whole == shown(text, 1));
  davit::fuzz::require(whole == shown(text, 37));
  return 0;
}
