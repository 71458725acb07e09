// Bytes, CPUs and weights of run's and create's flags.

#include <array>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/strings.h"
#include "cli/flag_values.h"
#include "cli/go_number.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;

constexpr std::int64_t kNanosInCpu = 1'000'000'000;

[[noreturn]] void bad_float(const std::string& number) {
  throw Error::format(Code::kInvalidArgument, "strconv.ParseFloat: parsing \"{}\": invalid syntax", number);
}

// The power of 1024 of "k", "KiB", "mb"; nothing for what is none.
std::optional<int> unit_power(std::string_view suffix) {
  if (suffix.empty() || suffix == "b") return 0;
  const std::size_t power = std::string_view("kmgtp").find(suffix.front());
  const std::string_view rest = suffix.substr(1);
  if (power == std::string_view::npos || (!rest.empty() && rest != "b" && rest != "ib")) return std::nullopt;
  return static_cast<int>(power) + 1;
}

// Whole digits of a decimal number: value = digits * 10^exponent.
struct Decimal {
  bool negative = false;
  std::string digits;
  int exponent = 0;
};

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal decimal;
  if (text.starts_with('-') || text.starts_with('+')) {
    decimal.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view exponent = text.substr(e + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    const auto [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), decimal.exponent);
    if (error != std::errc() || end != exponent.data() + exponent.size()) return std::nullopt;
    text = text.substr(0, e);
  }
  const std::size_t dot = text.find('.');
  decimal.digits = std::string(text.substr(0, dot));
  if (dot != std::string_view::npos) {
    decimal.digits += text.substr(dot + 1);
    decimal.exponent -= static_cast<int>(text.size() - dot - 1);
  }
  if (decimal.digits.empty() || decimal.digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return decimal;
}

// digits * 10^exponent, where that is a whole number that fits.
std::optional<std::int64_t> whole(std::string digits, int exponent) {
  while (exponent < 0 && digits.size() > 1 && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits == "0") return 0;
  constexpr int kMostDigits = 18;
  if (exponent < 0 || exponent > kMostDigits || static_cast<int>(digits.size()) + exponent > kMostDigits)
    return std::nullopt;
  std::int64_t value = 0;
  digits.append(static_cast<std::size_t>(exponent), '0');
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

std::int64_t parse_bytes(const std::string& text) {
  const std::size_t last = text.find_last_of("0123456789. ");
  if (last == std::string::npos) throw Error::format(Code::kInvalidArgument, "invalid size: '{}'", text);
  const std::string number = text.substr(0, text[last] == ' ' ? last : last + 1);
  const std::string suffix = text.substr(last + 1);
  double value = 0;
  const char* begin = number.starts_with('+') ? number.data() + 1 : number.data();
  const auto [end, error] = std::from_chars(begin, number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || number.starts_with("+-")) bad_float(number);
  if (value < 0) throw Error::format(Code::kInvalidArgument, "invalid size: '{}'", text);
  const auto power = unit_power(base::to_lower(suffix));
  if (!power) throw Error::format(Code::kInvalidArgument, "invalid suffix: '{}'", suffix);
  const double bytes = std::ldexp(value, 10 * *power);
  if (!(bytes < 9223372036854775808.0)) throw Error::format(Code::kInvalidArgument, "invalid size: '{}'", text);
  return static_cast<std::int64_t>(bytes);
}

std::int64_t parse_swap_bytes(const std::string& text) { return text == "-1" ? -1 : parse_bytes(text); }

std::int64_t parse_cpus(const std::string& text) {
  const auto fail = [&]() -> std::int64_t {
    throw Error::format(Code::kInvalidArgument, "failed to parse {} as a rational number", text);
  };
  const auto imprecise = []() -> std::int64_t { throw Error(Code::kInvalidArgument, "value is too precise"); };
  const std::size_t slash = text.find('/');
  const auto number = parse_decimal(std::string_view(text).substr(0, slash));
  if (!number) return fail();
  if (slash == std::string::npos) {
    const auto nanos = whole(number->digits, number->exponent + 9);
    if (!nanos) return imprecise();
    return number->negative ? -*nanos : *nanos;
  }
  const auto divisor = parse_decimal(std::string_view(text).substr(slash + 1));
  if (!divisor || divisor->negative || divisor->exponent != 0 || number->exponent != 0) return fail();
  const auto above = whole(number->digits, 0), below = whole(divisor->digits, 0);
  if (!below || *below == 0) return fail();
  if (!above || *above > INT64_MAX / kNanosInCpu || *above * kNanosInCpu % *below != 0) return imprecise();
  const std::int64_t nanos = *above * kNanosInCpu / *below;
  return number->negative ? -nanos : nanos;
}

std::uint16_t parse_weight(const std::string& text) {
  return static_cast<std::uint16_t>(parse_uint(text, 0, UINT16_MAX));
}

}  // namespace davit::cli
