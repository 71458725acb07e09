#pragma once
// Text by characters, as Go's unicode package sees them: the language is defined by a Go program. Internal to this
// folder.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace davit::dockerfile {

struct Character {
  char32_t value = 0;
  std::size_t bytes = 0;  // 1 to 4
};

// The character that the text begins with; a byte that begins none is U+FFFD, one byte long. The text is not empty.
Character first_character(std::string_view text);

bool is_space(char32_t character);            // White_Space
bool is_letter_or_digit(char32_t character);  // general categories L and Nd

std::string_view trim_left_space(std::string_view text);
std::string_view trim_space(std::string_view text);

void append_character(std::string& text, char32_t character);
std::u32string to_characters(std::string_view text);
std::string from_characters(std::u32string_view characters);

// Where the first byte is that no UTF-8 text has there.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

}  // namespace davit::dockerfile
