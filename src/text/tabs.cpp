#include "text/tabs.h"

#include <algorithm>
#include <vector>

#include "text/width.h"

namespace davit::text {

namespace {

struct Cell {
  std::string_view text;
  std::size_t width = 0;  // with padding, once its column is known
};
using Line = std::vector<Cell>;

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines(1);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("\t\v\n\f", begin), text.size());
    lines.back().push_back({text.substr(begin, end - begin)});
    if (end < text.size() && (text[end] == '\n' || text[end] == '\f')) lines.emplace_back();
    begin = end + 1;
  }
  return lines;
}

// Gives each column of the lines [first, last) its width: a column is a run of lines that all have a cell there which a
// tab ends.
void measure(std::vector<Line>& lines, const TabOptions& options) {
  const auto in_column = [&](std::size_t line, std::size_t column) { return column + 1 < lines[line].size(); };
  for (std::size_t line = 0; line < lines.size(); ++line) {
    for (std::size_t column = 0; in_column(line, column); ++column) {
      if (lines[line][column].width != 0) continue;
      std::size_t width = options.least_width;
      std::size_t end = line;
      for (; end < lines.size() && in_column(end, column); ++end)
        width = std::max(width, display_width(lines[end][column].text) + options.padding);
      for (std::size_t i = line; i < end; ++i) lines[i][column].width = width;
    }
  }
}

}  // namespace

std::string align_tabs(std::string_view text, const TabOptions& options) {
  std::vector<Line> lines = lines_of(text);
  measure(lines, options);
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (const Cell& cell : lines[i]) {
      out += cell.text;
      if (cell.width != 0) out.append(cell.width - display_width(cell.text), ' ');
    }
    if (i + 1 < lines.size()) out += '\n';
  }
  return out;
}

}  // namespace davit::text
