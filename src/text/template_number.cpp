// Number constants, by the rules of Go's strconv.

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "text/runes.h"
#include "text/template_node.h"

namespace davit::text {

namespace {

using base::Code;
using base::Error;

bool is_digit_of(char c, int base) {
  const int value = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : 99;
  return value < base;
}

// Underscores stand between digits, or between the base's prefix and a digit.
bool underscores_are_right(std::string_view digits, bool has_prefix) {
  bool digit_before = has_prefix;  // it counts as one
  for (const char c : digits) {
    if (c == '_' && !digit_before) return false;
    digit_before = c != '_';
  }
  return digits.empty() || digits.back() != '_';
}

enum class Whole { kNone, kTooLarge, kFine };

// A whole number without its sign.
Whole parse_magnitude(std::string_view text, std::uint64_t* value) {
  int base = 10;
  bool has_prefix = false;
  if (text.size() > 1 && text[0] == '0') {
    has_prefix = true;
    const char letter = text[1];
    base = letter == 'x' || letter == 'X' ? 16 : letter == 'b' || letter == 'B' ? 2 : 8;
    text.remove_prefix(
        letter == 'x' || letter == 'X' || letter == 'b' || letter == 'B' || letter == 'o' || letter == 'O' ? 2 : 1);
  }
  if (text.empty() || !underscores_are_right(text, has_prefix)) return Whole::kNone;
  std::string digits;
  for (const char c : text) {
    if (c == '_') continue;
    if (!is_digit_of(c, base)) return Whole::kNone;
    digits += c;
  }
  if (digits.empty()) return Whole::kNone;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *value, base);
  return error == std::errc() ? Whole::kFine : Whole::kTooLarge;
}

std::optional<double> parse_real(const std::string& text) {
  const bool is_hex = text.find_first_of("xX") != std::string::npos;
  if (is_hex && text.find_first_of("pP") == std::string::npos) return std::nullopt;
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      plain += text[i];
      continue;
    }
    const auto is_digit = [&](std::size_t at) { return at < text.size() && is_digit_of(text[at], is_hex ? 16 : 10); };
    const bool after_prefix = i > 0 && (text[i - 1] == 'x' || text[i - 1] == 'X');
    if (i == 0 || !(is_digit(i - 1) || after_prefix) || !is_digit(i + 1)) return std::nullopt;
  }
  char* end = nullptr;
  const double value = std::strtod(plain.c_str(), &end);
  const bool has_digit = plain.find_first_of("0123456789") != std::string::npos;
  if (end != plain.c_str() + plain.size() || !has_digit || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

Number parse_number(const std::string& text) {
  Number number;
  if (text.starts_with('\'')) {
    bool has_more = false;
    const auto rune = go_unquote_rune(text, &has_more);
    if (has_more) throw Error(Code::kInvalidArgument, "malformed character constant: " + text);
    if (!rune) throw Error(Code::kInvalidArgument, "invalid syntax");
    number.integer = static_cast<std::int64_t>(*rune);
    number.natural = static_cast<std::uint64_t>(*rune);
    number.real = static_cast<double>(*rune);
    number.is_character = true;
    return number;
  }
  if (text.ends_with('i')) throw Error(Code::kInvalidArgument, "complex numbers are not supported: " + go_quote(text));
  const bool negative = text.starts_with('-');
  const bool is_signed = negative || text.starts_with('+');
  std::uint64_t magnitude = 0;
  if (parse_magnitude(std::string_view(text).substr(is_signed ? 1 : 0), &magnitude) == Whole::kFine) {
    constexpr std::uint64_t kMost = INT64_MAX;
    if (!is_signed || magnitude == 0) number.natural = magnitude;
    if (magnitude <= kMost) {
      number.integer = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
    } else if (negative && magnitude == kMost + 1) {
      number.integer = INT64_MIN;
    }
  }
  if (number.integer) {
    number.real = static_cast<double>(*number.integer);
  } else if (number.natural) {
    number.real = static_cast<double>(*number.natural);
  } else if (const auto real = parse_real(text)) {
    if (text.find_first_of(".eEpP") == std::string::npos)
      throw Error(Code::kInvalidArgument, "integer overflow: " + go_quote(text));
    number.real = real;
    if (std::trunc(*real) == *real && std::abs(*real) < 9.2e18) {
      number.integer = static_cast<std::int64_t>(*real);
      if (*real >= 0) number.natural = static_cast<std::uint64_t>(*real);
    }
  } else {
    throw Error(Code::kInvalidArgument, "illegal number syntax: " + go_quote(text));
  }
  return number;
}

}  // namespace davit::text
