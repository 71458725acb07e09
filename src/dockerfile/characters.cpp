#include "dockerfile/characters.h"

#include <algorithm>

namespace davit::dockerfile {

namespace {

constexpr char32_t kReplacement = 0xfffd;

unsigned char byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

bool is_continuation(std::string_view text, std::size_t i) {
  return i < text.size() && (byte_at(text, i) & 0xc0) == 0x80;
}

// Of two to four bytes; nothing for overlong forms, surrogates and what is beyond U+10FFFF.
std::optional<Character> long_character(std::string_view text) {
  const unsigned char first = byte_at(text, 0);
  const std::size_t bytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4) return {};
  char32_t value = first & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text, i)) return {};
    value = value << 6 | (byte_at(text, i) & 0x3fU);
  }
  if ((bytes == 3 && value < 0x800) || (bytes == 4 && (value < 0x10000 || value > 0x10ffff))) return {};
  if (value >= 0xd800 && value <= 0xdfff) return {};
  return Character{value, bytes};
}

}  // namespace

Character first_character(std::string_view text) {
  if (byte_at(text, 0) < 0x80) return {byte_at(text, 0), 1};
  return long_character(text).value_or(Character{kReplacement, 1});
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000;
}

std::string_view trim_left_space(std::string_view text) {
  while (!text.empty()) {
    const Character first = first_character(text);
    if (!is_space(first.value)) break;
    text.remove_prefix(first.bytes);
  }
  return text;
}

std::string_view trim_space(std::string_view text) {
  text = trim_left_space(text);
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && text.size() - begin < 4 && is_continuation(text, begin)) --begin;
    const Character last = first_character(text.substr(begin));
    if (begin + last.bytes != text.size() || !is_space(last.value)) break;
    text.remove_suffix(last.bytes);
  }
  return text;
}

void append_character(std::string& text, char32_t c) {
  const auto put = [&text](char32_t byte) { text += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

std::u32string to_characters(std::string_view text) {
  std::u32string characters;
  characters.reserve(text.size());
  while (!text.empty()) {
    const Character first = first_character(text);
    characters += first.value;
    text.remove_prefix(first.bytes);
  }
  return characters;
}

std::string from_characters(std::u32string_view characters) {
  std::string text;
  for (const char32_t character : characters) append_character(text, character);
  return text;
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (byte_at(text, i) < 0x80) {
      ++i;
      continue;
    }
    const std::optional<Character> character = long_character(text.substr(i));
    if (!character) return i;
    i += character->bytes;
  }
  return {};
}

}  // namespace davit::dockerfile
