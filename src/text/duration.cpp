#include "text/duration.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/strings.h"

namespace davit::text {

namespace {

using base::Code;
using base::Error;

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array kUnits = {
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"\u00b5s", 1'000},
    Unit{"\u03bcs", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000LL},
    Unit{"m", 60 * 1'000'000'000LL},
    Unit{"h", 3600 * 1'000'000'000LL},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string quoted(std::string_view text) { return "\"" + base::printable(text) + "\""; }

class DurationParser {
 public:
  explicit DurationParser(std::string_view text) : text_(text), rest_(text) {}

  std::chrono::nanoseconds parse() {
    bool negative = false;
    if (rest_.starts_with('-') || rest_.starts_with('+')) {
      negative = rest_.front() == '-';
      rest_.remove_prefix(1);
    }
    if (rest_ == "0") return std::chrono::nanoseconds(0);
    if (rest_.empty()) invalid();
    std::int64_t sum = 0;
    while (!rest_.empty()) {
      if (__builtin_add_overflow(sum, part(), &sum)) invalid();
    }
    return std::chrono::nanoseconds(negative ? -sum : sum);
  }

 private:
  [[noreturn]] void invalid() const {
    throw Error::format(Code::kInvalidArgument, "time: invalid duration {}", quoted(text_));
  }

  std::string_view take(bool (*wanted)(char)) {
    std::size_t length = 0;
    while (length < rest_.size() && wanted(rest_[length])) ++length;
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  std::int64_t unit() {
    const std::string_view name = take([](char c) { return c != '.' && !is_digit(c); });
    if (name.empty()) throw Error::format(Code::kInvalidArgument, "time: missing unit in duration {}", quoted(text_));
    for (const Unit& row : kUnits) {
      if (row.name == name) return row.nanoseconds;
    }
    throw Error::format(Code::kInvalidArgument, "time: unknown unit {} in duration {}", quoted(name), quoted(text_));
  }

  // "1.5h": the whole number and the fraction, each times the unit. What is less than a nanosecond is dropped.
  std::int64_t part() {
    const std::string_view whole = take(is_digit);
    std::string_view fraction;
    if (rest_.starts_with('.')) {
      rest_.remove_prefix(1);
      fraction = take(is_digit);
    }
    if (whole.empty() && fraction.empty()) invalid();
    const std::int64_t scale = unit();
    std::int64_t value = 0;
    for (const char digit : whole) {
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit - '0', &value)) invalid();
    }
    if (__builtin_mul_overflow(value, scale, &value)) invalid();
    std::int64_t below = 0;  // from the last digit on: exact, and never more than `scale`
    for (std::size_t i = fraction.size(); i > 0; --i) below = ((fraction[i - 1] - '0') * scale + below) / 10;
    if (__builtin_add_overflow(value, below, &value)) invalid();
    return value;
  }

  std::string_view text_, rest_;
};

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view text) { return DurationParser(text).parse(); }

namespace {

// A fraction of nine digits at most, without zeros at its end.
std::string with_fraction(std::uint64_t whole, std::uint64_t rest, int digits) {
  std::string text = std::to_string(whole);
  if (rest == 0) return text;
  std::string fraction = std::to_string(rest);
  fraction.insert(0, static_cast<std::size_t>(digits) - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + "." + fraction;
}

}  // namespace

std::string go_duration(std::chrono::nanoseconds span) {
  if (span.count() == 0) return "0s";
  const std::string sign = span.count() < 0 ? "-" : "";
  const auto count = static_cast<std::uint64_t>(span.count());
  const std::uint64_t size = span.count() < 0 ? 0 - count : count;
  if (size < 1'000) return sign + std::to_string(size) + "ns";
  if (size < 1'000'000) return sign + with_fraction(size / 1'000, size % 1'000, 3) + "\u00b5s";
  if (size < 1'000'000'000) return sign + with_fraction(size / 1'000'000, size % 1'000'000, 6) + "ms";
  const std::uint64_t seconds = size / 1'000'000'000;
  std::string text = with_fraction(seconds % 60, size % 1'000'000'000, 9) + "s";
  if (seconds >= 60) text = std::to_string(seconds / 60 % 60) + "m" + text;
  if (seconds >= 3600) text = std::to_string(seconds / 3600) + "h" + text;
  return sign + text;
}

}  // namespace davit::text
