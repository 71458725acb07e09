#pragma once
// Reads what conmon's k8s-file driver writes of a container's output: `RFC3339nano stdout|stderr F|P text` a line, P
// for a piece that more of the same line follows. docs/formats/containers.md.

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/io.h"

namespace davit::container {

enum class LogStream : std::uint8_t { kStdout, kStderr };

// One line of output, or a part of one that is longer than LogReader::kMostEntryBytes.
struct LogEntry {
  base::Time time;  // of its first byte
  LogStream stream = LogStream::kStdout;
  std::string text;         // with the newline, where the program wrote one
  bool begins_line = true;  // false: the rest of the entry before it on this stream
  bool operator==(const LogEntry&) const = default;
};

class LogReader {
 public:
  static constexpr std::size_t kMostEntryBytes = std::size_t{1} << 20;
  static constexpr std::size_t kMostRecordBytes = 64 * 1024;  // of one line of the file; conmon's are below 9 KiB

  explicit LogReader(base::Source& source) : source_(source) {}

  // The next entry: pieces are joined. Nothing where the source ends for now; once it has more, so has this. A line of
  // the file that is none of conmon's is left out and counted.
  std::optional<LogEntry> next();

  // Pieces that nothing ended yet (a prompt, or a program that was killed), the one begun first first. For the end.
  std::optional<LogEntry> unfinished();

  std::uint64_t damaged() const { return damaged_; }

 private:
  struct Line {  // of a stream, as far as it is known
    base::Time time;
    std::string text;
    bool open = false;        // something of it is here
    bool continued = false;   // a part of it was given out already
    std::uint64_t order = 0;  // when it began
  };
  void take(std::string_view record);
  void give(LogStream stream, Line& line, bool ended);

  base::Source& source_;
  std::string buffer_;
  std::size_t parsed_ = 0;  // of the buffer
  bool skipping_ = false;   // within a record that is too long
  std::array<Line, 2> lines_;
  std::deque<LogEntry> ready_;
  std::uint64_t records_ = 0;
  std::uint64_t damaged_ = 0;
};

// A line of the file without its newline.
struct LogRecord {
  base::Time time;
  LogStream stream = LogStream::kStdout;
  bool partial = false;
  std::string_view text;
};
std::optional<LogRecord> parse_log_record(std::string_view line);

}  // namespace davit::container
