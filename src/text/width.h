#pragma once
// How wide UTF-8 text is on a terminal, and cutting it to a width.

#include <cstddef>
#include <string>
#include <string_view>

namespace davit::text {

// Terminal columns: 0 for combining marks, 2 for East Asian wide characters and emoji, else 1; each byte that is no
// UTF-8 counts 1.
std::size_t display_width(std::string_view text);

// The text where it fits `columns`, else its beginning and "…", together at most that wide. Nothing fits no columns.
std::string ellipsis(std::string_view text, std::size_t columns);

}  // namespace davit::text
