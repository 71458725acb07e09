#include "dockerfile/source.h"

#include <algorithm>

#include "base/strings.h"

namespace davit::dockerfile {

namespace {

constexpr std::string_view kRule = "--------------------\n";
constexpr std::size_t kMostLineBytes = 200;
constexpr std::size_t kMostLines = 24;

// As many lines around as BuildKit has: about four for one line, two for several, taken from both sides in turn.
LineRange widened(LineRange lines, std::size_t count) {
  const std::size_t padding = lines.first == lines.last ? 4 : 2;
  for (std::size_t padded = 0; padded < padding; ++padded) {
    if (lines.first > 1) {
      --lines.first;
      ++padded;
    }
    if (lines.last != count) {
      ++lines.last;
      ++padded;
    }
  }
  return lines;
}

// Tabs stay as they are: recipes are indented by them.
std::string shown_line(std::string_view line) {
  std::vector<std::string> parts = base::split(line.substr(0, kMostLineBytes + 1), '\t');
  for (std::string& part : parts) part = base::printable(part, kMostLineBytes);
  std::string shown = base::join(parts, "\t");
  if (line.size() > kMostLineBytes && !shown.ends_with("…")) shown += "…";
  return shown;
}

}  // namespace

Source::Source(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text_.starts_with(kByteOrderMark)) text_.erase(0, kByteOrderMark.size());
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view Source::line(std::size_t number) const {
  const std::size_t begin = starts_[number - 1];
  const std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
  std::string_view line = std::string_view(text_).substr(begin, end - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t Source::line_of(std::size_t byte) const {
  return static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), byte) - starts_.begin());
}

std::string excerpt(const Source& source, LineRange lines) {
  if (lines.first < 1 || lines.first > source.line_count()) return {};
  lines.last = std::clamp(lines.last, lines.first, source.line_count());
  const LineRange around = widened(lines, source.line_count());
  std::string out = fmt::format("{}:{}\n{}", source.name(), lines.first, kRule);
  for (std::size_t number = around.first; number <= around.last; ++number) {
    if (number - around.first == kMostLines / 2 && around.last - number > kMostLines / 2) {
      out += "     | ...\n";
      number = around.last - kMostLines / 2;
    }
    const bool meant = number >= lines.first && number <= lines.last;
    out += fmt::format(" {:3} | {} {}\n", number, meant ? ">>>" : "   ", shown_line(source.line(number)));
  }
  return out.append(kRule);
}

SourceError::SourceError(base::Code code, const Source& source, LineRange lines, std::string reason)
    : base::Error(code, excerpt(source, lines) + reason), lines_(lines), reason_(std::move(reason)) {}

}  // namespace davit::dockerfile
