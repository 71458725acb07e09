#include "cli/go_number.h"

#include <charconv>
#include <optional>
#include <string>

#include "base/error.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;

enum class Problem { kSyntax, kRange };

[[noreturn]] void fail(std::string_view function, std::string_view text, Problem problem) {
  throw Error::format(Code::kInvalidArgument, "strconv.{}: parsing \"{}\": {}", function, text,
                      problem == Problem::kSyntax ? "invalid syntax" : "value out of range");
}

// Takes the prefix of a number whose base is told by it, and the underscores that may part its digits.
std::optional<std::string> plain_digits(std::string_view text, int& base) {
  if (base != 0) return std::string(text);
  base = 10;
  bool after_digit = false;
  if (text.size() > 1 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
    after_digit = true;
  }
  std::string digits;
  for (const char c : text) {
    if (c == '_' && !after_digit) return std::nullopt;
    after_digit = c != '_';
    if (after_digit) digits += c;
  }
  if (!after_digit) return std::nullopt;
  return digits;
}

std::uint64_t magnitude(std::string_view function, std::string_view text, std::string_view digits, int base,
                        std::uint64_t most) {
  const auto plain = plain_digits(digits, base);
  if (!plain || plain->empty() || plain->front() == '-' || plain->front() == '+')
    fail(function, text, Problem::kSyntax);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(plain->data(), plain->data() + plain->size(), value, base);
  if (end != plain->data() + plain->size()) fail(function, text, Problem::kSyntax);
  if (error == std::errc::result_out_of_range || value > most) fail(function, text, Problem::kRange);
  if (error != std::errc()) fail(function, text, Problem::kSyntax);
  return value;
}

}  // namespace

std::int64_t parse_int(std::string_view text, int base) {
  constexpr std::string_view kFunction = "ParseInt";
  constexpr std::uint64_t kMost = INT64_MAX;
  const bool negative = text.starts_with('-');
  const std::string_view digits = negative || text.starts_with('+') ? text.substr(1) : text;
  const std::uint64_t value = magnitude(kFunction, text, digits, base, negative ? kMost + 1 : kMost);
  return negative ? static_cast<std::int64_t>(~value + 1) : static_cast<std::int64_t>(value);
}

std::uint64_t parse_uint(std::string_view text, int base, std::uint64_t most) {
  return magnitude("ParseUint", text, text, base, most);
}

}  // namespace davit::cli
