#include "text/table.h"

#include "base/error.h"
#include "text/tabs.h"

namespace davit::text {

std::string one_line(std::string cell) {
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const auto byte = static_cast<unsigned char>(cell[i]);
    // U+0080 to U+009F are controls as well: C2 80 to C2 9F.
    const bool c1 = byte == 0xc2 && i + 1 < cell.size() && static_cast<unsigned char>(cell[i + 1]) - 0x80U < 0x20U;
    if (c1) cell[i++] = ' ';
    if (c1 || byte < 0x20 || byte == 0x7f) cell[i] = ' ';
  }
  return cell;
}

Table::Table(std::vector<std::string> header) : columns_(header.size()) { add_row(std::move(header)); }

void Table::add_row(std::vector<std::string> cells) {
  if (cells.size() > columns_) {
    throw base::Error::format(base::Code::kInternal, "a row of {} cells in a table of {} columns", cells.size(),
                              columns_);
  }
  cells.resize(columns_);
  for (std::string& cell : cells) cell = one_line(std::move(cell));
  rows_.push_back(std::move(cells));
}

// No cell has a tab or a line's end of its own: add_row has made them blanks.
std::string Table::text() const {
  std::string out;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns_; ++i) {
      if (i > 0) out += '\t';
      out += row[i];
    }
    out += '\n';
  }
  return align_tabs(out);
}

}  // namespace davit::text
