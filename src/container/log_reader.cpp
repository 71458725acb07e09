#include "container/log_reader.h"

#include <algorithm>
#include <utility>

namespace davit::container {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

// The text up to the next blank, which goes too; nothing when there is none.
std::optional<std::string_view> take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return {};
  const auto word = text.substr(0, space);
  text.remove_prefix(space + 1);
  return word;
}

}  // namespace

std::optional<LogRecord> parse_log_record(std::string_view line) {
  // A power cut may leave zeros where bytes were promised; what was written after it is sound.
  line.remove_prefix(std::min(line.find_first_not_of('\0'), line.size()));
  LogRecord record;
  const auto time = take_word(line);
  const auto stream = take_word(line);
  const auto tag = take_word(line);
  if (!time || !stream || !tag) return {};
  const auto moment = base::parse_rfc3339(*time);
  if (!moment || (*stream != "stdout" && *stream != "stderr") || (*tag != "F" && *tag != "P")) return {};
  record.time = *moment;
  record.stream = *stream == "stderr" ? LogStream::kStderr : LogStream::kStdout;
  record.partial = *tag == "P";
  record.text = line;
  return record;
}

std::optional<LogEntry> LogReader::next() {
  while (ready_.empty()) {
    const std::size_t newline = buffer_.find('\n', parsed_);
    if (newline != std::string::npos) {
      const auto record = std::string_view(buffer_).substr(parsed_, newline - parsed_);
      parsed_ = newline + 1;
      if (std::exchange(skipping_, false)) continue;
      if (record.size() > kMostRecordBytes) {
        ++damaged_;
      } else {
        take(record);
      }
      continue;
    }
    buffer_.erase(0, std::exchange(parsed_, 0));
    if (buffer_.size() > kMostRecordBytes) {
      if (!std::exchange(skipping_, true)) ++damaged_;
      buffer_.clear();
    }
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + kReadBytes);
    const std::size_t count = source_.read(std::as_writable_bytes(std::span(buffer_).subspan(kept)));
    buffer_.resize(kept + count);
    if (count == 0) return {};
  }
  LogEntry entry = std::move(ready_.front());
  ready_.pop_front();
  return entry;
}

void LogReader::take(std::string_view text) {
  const auto record = parse_log_record(text);
  if (!record) {
    ++damaged_;
    return;
  }
  Line& line = lines_[static_cast<std::size_t>(record->stream)];
  if (!line.open) {
    line.open = true;
    line.time = record->time;
    line.order = ++records_;
  }
  line.text += record->text;
  if (!record->partial) {
    line.text += '\n';
    give(record->stream, line, true);
  } else if (line.text.size() >= kMostEntryBytes) {
    give(record->stream, line, false);
  }
}

void LogReader::give(LogStream stream, Line& line, bool ended) {
  ready_.push_back({.time = line.time, .stream = stream, .text = std::move(line.text), .begins_line = !line.continued});
  line.text.clear();
  line.open = !ended;
  line.continued = !ended;
}

std::optional<LogEntry> LogReader::unfinished() {
  Line* first = nullptr;
  for (Line& line : lines_) {
    if (line.open && !line.text.empty() && (first == nullptr || line.order < first->order)) first = &line;
  }
  if (first == nullptr) return {};
  give(static_cast<LogStream>(first - lines_.data()), *first, false);
  LogEntry entry = std::move(ready_.back());
  ready_.pop_back();
  return entry;
}

}  // namespace davit::container
