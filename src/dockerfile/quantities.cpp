#include "dockerfile/quantities.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "base/strings.h"

namespace davit::dockerfile {

namespace {

constexpr long double kMost = static_cast<long double>(std::numeric_limits<std::int64_t>::max());

struct Unit {
  std::string_view name;
  long double nanoseconds;
};
constexpr Unit kUnits[] = {{"ns", 1},    {"us", 1e3L}, {"µs", 1e3L}, {"μs", 1e3L},
                           {"ms", 1e6L}, {"s", 1e9L},  {"m", 60e9L}, {"h", 3600e9L}};

bool is_number_character(char c) { return (c >= '0' && c <= '9') || c == '.'; }

// Digits with at most one point among them, taken from the text's start.
std::optional<long double> take_decimal(std::string_view& text) {
  const auto* end = std::find_if_not(text.begin(), text.end(), is_number_character);
  const std::string_view number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  if (number.empty() || number == "." || std::count(number.begin(), number.end(), '.') > 1) return {};
  long double value = 0;
  long double place = 0;  // of the digit behind the point
  for (const char c : number) {
    if (c == '.') {
      place = 1;
      continue;
    }
    place /= 10;
    value = place > 0 ? value + (c - '0') * place : value * 10 + (c - '0');
  }
  return value;
}

std::optional<long double> take_span(std::string_view& text) {
  const std::optional<long double> number = take_decimal(text);
  if (!number) return {};
  const auto* end = std::find_if(text.begin(), text.end(), is_number_character);
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  for (const Unit& unit : kUnits) {
    if (unit.name == word) return *number * unit.nanoseconds;
  }
  return {};
}

// The factor of "", "b", "k", "kb", "kib", …; 0 where it is no unit.
long double byte_unit(std::string unit) {
  constexpr std::string_view kPrefixes = "kmgtpe";
  if (unit.empty() || unit == "b") return 1;
  const std::size_t power = kPrefixes.find(unit.front());
  const std::string rest = unit.substr(1);
  if (power == std::string_view::npos || (!rest.empty() && rest != "b" && rest != "ib")) return 0;
  return std::pow(1024.0L, static_cast<int>(power) + 1);
}

}  // namespace

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  const std::optional<long double> number = take_decimal(text);
  if (!number) return {};
  if (text.starts_with(' ')) text.remove_prefix(1);
  const long double factor = byte_unit(base::to_lower(text));
  const long double bytes = *number * factor;
  if (factor == 0 || bytes >= kMost) return {};
  return static_cast<std::int64_t>(bytes);
}

std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  long double sum = 0;
  if (text.empty()) return {};
  while (!text.empty()) {
    const std::optional<long double> span = take_span(text);
    if (!span) return {};
    sum += *span;
  }
  if (sum >= kMost) return {};
  return std::chrono::nanoseconds(static_cast<std::int64_t>(negative ? -sum : sum));
}

std::optional<std::uint32_t> parse_number(std::string_view text, int base) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace davit::dockerfile
