#include "text/runes.h"

#include <algorithm>
#include <array>
#include <clocale>
#include <cwctype>

#include <fmt/format.h>

namespace davit::text {

namespace {

// glibc's tables of Unicode's classes, whatever the locale of the process.
locale_t unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

// Characters that take no ink, or are nobody's: Go does not print them as they are.
struct Range {
  char32_t first, last;
};
constexpr std::array kNotPrinted = {
    Range{0x0080, 0x00A0},   Range{0x00AD, 0x00AD},    Range{0x0600, 0x0605}, Range{0x061C, 0x061C},
    Range{0x06DD, 0x06DD},   Range{0x070F, 0x070F},    Range{0x1680, 0x1680}, Range{0x180E, 0x180E},
    Range{0x2000, 0x200F},   Range{0x2028, 0x202F},    Range{0x205F, 0x206F}, Range{0x3000, 0x3000},
    Range{0xD800, 0xF8FF},   Range{0xFEFF, 0xFEFF},    Range{0xFFF0, 0xFFFB}, Range{0xFFFE, 0xFFFF},
    Range{0xE0000, 0xE00FF}, Range{0xE01F0, 0x10FFFF},
};

struct Escape {
  char letter;
  char value;
};
constexpr std::array kEscapes = {Escape{'a', '\a'}, Escape{'b', '\b'}, Escape{'f', '\f'}, Escape{'n', '\n'},
                                 Escape{'r', '\r'}, Escape{'t', '\t'}, Escape{'v', '\v'}};

int digit_of(char c, int base) {
  const int value = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : 99;
  return value < base ? value : -1;
}

// `count` digits at the front, taken off.
std::optional<char32_t> take_digits(std::string_view& text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  char32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int digit = digit_of(text[i], base);
    if (digit < 0) return std::nullopt;
    value = value * static_cast<char32_t>(base) + static_cast<char32_t>(digit);
  }
  text.remove_prefix(count);
  return value;
}

struct Unquoted {
  char32_t value = 0;
  bool is_byte = false;  // \xNN and \NNN are bytes, not characters
};

// What stands after a backslash, taken off.
std::optional<Unquoted> take_escape(std::string_view& text, char quote) {
  if (text.empty()) return std::nullopt;
  const char letter = text.front();
  for (const Escape& escape : kEscapes) {
    if (escape.letter == letter) {
      text.remove_prefix(1);
      return Unquoted{static_cast<unsigned char>(escape.value)};
    }
  }
  if (letter == '\\' || letter == quote) {
    text.remove_prefix(1);
    return Unquoted{static_cast<unsigned char>(letter)};
  }
  if (letter >= '0' && letter <= '7') {
    const auto value = take_digits(text, 3, 8);
    if (!value || *value > 0xff) return std::nullopt;
    return Unquoted{*value, true};
  }
  const std::size_t count = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (count == 0) return std::nullopt;
  text.remove_prefix(1);
  const auto value = take_digits(text, count, 16);
  if (!value) return std::nullopt;
  if (count > 2 && (*value > 0x10FFFF || (*value >= 0xD800 && *value < 0xE000))) return std::nullopt;
  return Unquoted{*value, count == 2};
}

// One character of a constant, taken off.
std::optional<Unquoted> take_character(std::string_view& text, char quote) {
  if (text.front() == quote || text.front() == '\n') return std::nullopt;
  if (text.front() == '\\') {
    text.remove_prefix(1);
    return take_escape(text, quote);
  }
  const Rune rune = front_rune(text);
  const auto byte = static_cast<unsigned char>(text.front());
  text.remove_prefix(rune.bytes);
  if (!rune.valid) return Unquoted{byte, true};
  return Unquoted{rune.value};
}

void append_escaped(std::string& out, const Rune& rune, char byte) {
  for (const Escape& escape : kEscapes) {
    if (rune.valid && rune.value == static_cast<unsigned char>(escape.value)) {
      out += '\\';
      out += escape.letter;
      return;
    }
  }
  if (!rune.valid || rune.value < 0x20 || rune.value == 0x7f) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
  } else if (rune.value < 0x10000) {
    out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(rune.value));
  } else {
    out += fmt::format("\\U{:08x}", static_cast<std::uint32_t>(rune.value));
  }
}

}  // namespace

Rune front_rune(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t bytes = lead >= 0xF0 && lead < 0xF5   ? 4
                            : lead >= 0xE0 && lead < 0xF0 ? 3
                            : lead >= 0xC2 && lead < 0xE0 ? 2
                                                          : 0;
  if (bytes == 0 || text.size() < bytes) return {};
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return {};
  return {value, bytes, true};
}

void append_rune(std::string& out, char32_t rune) {
  if (rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) rune = kReplacement;
  if (rune < 0x80) {
    out += static_cast<char>(rune);
    return;
  }
  const int tails = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
  constexpr std::array<unsigned, 4> kLeads = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLeads[static_cast<std::size_t>(tails)] | rune >> (6 * tails));
  for (int i = tails - 1; i >= 0; --i) out += static_cast<char>(0x80U | (rune >> (6 * i) & 0x3FU));
}

std::size_t count_runes(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(front_rune(text).bytes);
  return count;
}

bool is_letter_or_digit(char32_t rune) {
  if (rune < 0x80) return (rune >= '0' && rune <= '9') || (rune >= 'A' && rune <= 'Z') || (rune >= 'a' && rune <= 'z');
  return iswalnum_l(static_cast<wint_t>(rune), unicode()) != 0;
}

bool is_printable(char32_t rune) {
  if (rune < 0x20 || rune == 0x7f) return false;
  if (rune < 0x7f) return true;
  return std::none_of(kNotPrinted.begin(), kNotPrinted.end(),
                      [&](const Range& range) { return range.first <= rune && rune <= range.last; });
}

char32_t to_upper(char32_t rune) { return static_cast<char32_t>(towupper_l(static_cast<wint_t>(rune), unicode())); }
char32_t to_lower(char32_t rune) { return static_cast<char32_t>(towlower_l(static_cast<wint_t>(rune), unicode())); }

std::string go_quote(std::string_view text, char quote, bool ascii) {
  std::string out(1, quote);
  while (!text.empty()) {
    const Rune rune = front_rune(text);
    if (rune.valid && (rune.value == static_cast<unsigned char>(quote) || rune.value == '\\')) {
      out += '\\';
      out += text.front();
    } else if (rune.valid && is_printable(rune.value) && (!ascii || rune.value < 0x80)) {
      out += text.substr(0, rune.bytes);
    } else {
      append_escaped(out, rune, text.front());
    }
    text.remove_prefix(rune.bytes);
  }
  return out + quote;
}

std::optional<std::string> go_unquote(std::string_view quoted) {
  if (quoted.size() < 2 || quoted.front() != quoted.back()) return std::nullopt;
  const char quote = quoted.front();
  std::string_view text = quoted.substr(1, quoted.size() - 2);
  std::string out;
  if (quote == '`') {
    if (text.find('`') != std::string_view::npos) return std::nullopt;
    std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return c != '\r'; });
    return out;
  }
  if (quote != '"') return std::nullopt;
  while (!text.empty()) {
    const auto character = take_character(text, quote);
    if (!character) return std::nullopt;
    if (character->is_byte) {
      out += static_cast<char>(character->value);
    } else {
      append_rune(out, character->value);
    }
  }
  return out;
}

std::optional<char32_t> go_unquote_rune(std::string_view quoted, bool* has_more) {
  *has_more = false;
  if (quoted.size() < 3 || quoted.front() != '\'' || quoted.back() != '\'') return std::nullopt;
  std::string_view text = quoted.substr(1, quoted.size() - 2);
  const auto character = take_character(text, '\'');
  *has_more = character && !text.empty();
  if (!character || *has_more) return std::nullopt;
  return character->value;
}

}  // namespace davit::text
