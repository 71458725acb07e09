#include "base/clock.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <fmt/core.h>

namespace davit::base {

namespace {

// A run of exactly `digits` digits at the front of the text, which is shortened; -1 when there is none.
long take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  long value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Time now() {
  if (const char* fixed = std::getenv("DAVIT_TEST_NOW")) {
    if (const auto time = parse_rfc3339(fixed)) return *time;
  }
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(Time time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm parts = {};
  gmtime_r(&seconds, &parts);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                                 parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (const auto nanoseconds = (time - whole).count(); nanoseconds != 0) {
    std::string fraction = fmt::format(".{:09}", nanoseconds);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += fraction;
  }
  return text + "Z";
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  std::tm parts = {};
  const long year = take_number(text, 4);
  if (year < 0 || !take(text, "-")) return std::nullopt;
  const long month = take_number(text, 2);
  if (month < 1 || month > 12 || !take(text, "-")) return std::nullopt;
  const long day = take_number(text, 2);
  if (day < 1 || day > 31 || !take(text, "Tt ")) return std::nullopt;
  const long hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ":")) return std::nullopt;
  const long minute = take_number(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ":")) return std::nullopt;
  const long second = take_number(text, 2);
  if (second < 0 || second > 60) return std::nullopt;

  long nanoseconds = 0;
  if (take(text, ".")) {
    long scale = 100'000'000;
    bool any = false;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      nanoseconds += (text.front() - '0') * scale;
      scale /= 10;
      any = true;
      text.remove_prefix(1);
    }
    if (!any) return std::nullopt;
  }

  long offset_seconds = 0;
  if (!take(text, "Zz")) {
    if (text.empty()) return std::nullopt;
    const long sign = text.front() == '-' ? -1 : 1;
    if (!take(text, "+-")) return std::nullopt;
    const long hours = take_number(text, 2);
    if (hours < 0 || hours > 23 || !take(text, ":")) return std::nullopt;
    const long minutes = take_number(text, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    offset_seconds = sign * (hours * 3600 + minutes * 60);
  }
  if (!text.empty()) return std::nullopt;

  parts.tm_year = static_cast<int>(year - 1900);
  parts.tm_mon = static_cast<int>(month - 1);
  parts.tm_mday = static_cast<int>(day);
  parts.tm_hour = static_cast<int>(hour);
  parts.tm_min = static_cast<int>(minute);
  parts.tm_sec = static_cast<int>(second);
  const std::tm asked = parts;
  const std::time_t seconds = timegm(&parts);
  if (parts.tm_mday != asked.tm_mday) return std::nullopt;  // 31 April
  // Nanoseconds in 64 bits reach from 1678 to 2262; what lies outside has no Time. Go's zero time (year 1) is such a
  // one.
  if (year < 1678 || year > 2261) return std::nullopt;
  return Time(std::chrono::seconds(seconds - offset_seconds) + std::chrono::nanoseconds(nanoseconds));
}

}  // namespace davit::base
