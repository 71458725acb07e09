#include "container/log_tail.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "container/log_reader.h"

namespace davit::container {

namespace {

constexpr std::uint64_t kStepBytes = 64 * 1024;

// The lines of a file from its end backwards.
class BackwardLines {
 public:
  BackwardLines(const base::fs::File& file, std::uint64_t size) : file_(file), begin_(size) {}

  struct Line {
    std::uint64_t offset = 0;
    std::string text;  // without its newline
  };
  std::optional<Line> next() {
    while (true) {
      if (const auto newline = held_.rfind('\n', held_.size() < 2 ? std::string::npos : held_.size() - 2);
          whole_ && held_.size() >= 2 && newline != std::string::npos) {
        return cut(newline + 1);
      }
      if (begin_ == 0) return whole_ && !held_.empty() ? std::optional(cut(0)) : std::nullopt;
      read_before();
      if (!whole_) {  // what follows the last newline is still being written
        if (const auto last = held_.rfind('\n'); last != std::string::npos) {
          held_.resize(last + 1);
          whole_ = true;
        } else {
          held_.clear();
        }
      }
    }
  }

 private:
  Line cut(std::size_t from) {
    Line line = {.offset = begin_ + from, .text = held_.substr(from, held_.size() - from - 1)};
    held_.resize(from);
    return line;
  }
  void read_before() {
    const std::uint64_t step = std::min(kStepBytes, begin_);
    begin_ -= step;
    std::string piece(step, '\0');
    piece.resize(file_.read_at(std::as_writable_bytes(std::span(piece)), begin_));
    held_.insert(0, piece);
  }

  const base::fs::File& file_;
  std::uint64_t begin_;  // of what is held
  std::string held_;
  bool whole_ = false;  // it ends with a newline
};

}  // namespace

LogTail find_log_tail(const base::fs::File& file, std::uint64_t size, std::uint64_t lines) {
  if (lines == 0) return {.offset = size};
  LogTail tail;
  BackwardLines records(file, size);
  std::uint64_t counted = 0;
  std::uint64_t older = 0;                    // lines that end before tail.offset and after what was looked at
  std::array<bool, 2> begins = {true, true};  // of a stream, the first counted line has all of its pieces
  std::optional<std::uint64_t> first;         // where the first counted line ends
  while (const auto line = records.next()) {
    const auto record = parse_log_record(line->text);
    if (!record) continue;
    const auto stream = static_cast<std::size_t>(record->stream);
    if (!first) {
      tail.offset = line->offset;
      if (record->partial) continue;
      begins[stream] = false;
      if (++counted == lines) first = line->offset;
      continue;
    }
    if (*first - line->offset > LogReader::kMostEntryBytes) break;
    if (!record->partial) {
      begins[stream] = true;
      ++older;
    } else if (!begins[stream]) {
      tail.offset = line->offset;
      tail.skip += std::exchange(older, 0);
    }
    if (begins[0] && begins[1]) break;
  }
  if (!first) return {};
  return tail;
}

}  // namespace davit::container
