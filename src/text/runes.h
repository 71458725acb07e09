#pragma once
// Characters of UTF-8 text, and Go's way to write text as a quoted constant.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace davit::text {

inline constexpr char32_t kReplacement = 0xFFFD;

struct Rune {
  char32_t value = kReplacement;
  std::size_t bytes = 1;  // that it takes; 1 for a byte that is no UTF-8
  bool valid = false;
};

Rune front_rune(std::string_view text);  // of non-empty text
void append_rune(std::string& out, char32_t rune);
std::size_t count_runes(std::string_view text);

bool is_letter_or_digit(char32_t rune);
bool is_printable(char32_t rune);  // also the blank, but no other white space
char32_t to_upper(char32_t rune);
char32_t to_lower(char32_t rune);

// As Go's strconv.Quote: "a\tb", with `quote` for the quotation mark; strconv.QuoteToASCII with `ascii`.
std::string go_quote(std::string_view text, char quote = '"', bool ascii = false);
// The text of a Go constant in "…" or `…`; nothing where it is malformed.
std::optional<std::string> go_unquote(std::string_view quoted);
// The character of a Go constant in '…'; nothing where it is malformed. `has_more`: whether what follows the first
// character is what makes it so.
std::optional<char32_t> go_unquote_rune(std::string_view quoted, bool* has_more);

}  // namespace davit::text
