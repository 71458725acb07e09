#pragma once
// Text with tabs as aligned columns, as Go's text/tabwriter does it for docker's CLI.

#include <cstddef>
#include <string>
#include <string_view>

namespace davit::text {

struct TabOptions {
  std::size_t least_width = 10;  // of a column, with its padding
  std::size_t padding = 3;
};

// A cell ends with a tab; what stands after the last tab of a line belongs to no column. Cells of one column in lines
// that follow one another are as wide as the widest of them and the padding. Widths are terminal columns.
std::string align_tabs(std::string_view text, const TabOptions& options = {});

}  // namespace davit::text
