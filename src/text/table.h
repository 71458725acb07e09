#pragma once
// Tables as docker's CLI draws them.

#include <cstddef>
#include <string>
#include <vector>

namespace davit::text {

// The text with control characters (newlines, tabs, escape sequences from an image's history) as blanks: for a cell.
std::string one_line(std::string cell);

// Left-aligned columns. Each but the last is as wide as its widest cell and three blanks, and at least ten; the last is
// printed as it is. Widths are terminal columns. Control characters in a cell (newlines, tabs, escape sequences from an
// image's history) are printed as blanks, so that a row is always one line.
class Table {
 public:
  explicit Table(std::vector<std::string> header);

  // Missing cells are empty; more cells than the header has are an error of the caller.
  void add_row(std::vector<std::string> cells);
  bool has_rows() const { return rows_.size() > 1; }

  // The lines, header first, each ended by '\n'.
  std::string text() const;

 private:
  std::size_t columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace davit::text
