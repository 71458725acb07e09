#include "operations/filters.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>

#include "base/error.h"
#include "base/strings.h"
#include "text/duration.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;

bool has_label(const std::map<std::string, std::string>& labels, const std::string& wanted) {
  const std::size_t equals = wanted.find('=');
  const auto found = labels.find(wanted.substr(0, equals));
  if (found == labels.end()) return false;
  return equals == std::string::npos || found->second == wanted.substr(equals + 1);
}

// "1136073845", "1136073845.000000001"
std::optional<base::Time> parse_unix_time(std::string_view text) {
  const auto number = [](std::string_view digits) -> std::optional<std::int64_t> {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const std::size_t point = text.find('.');
  const auto seconds = number(text.substr(0, point));
  constexpr std::int64_t kMostSeconds = 9'000'000'000;  // about as far as nanoseconds reach
  if (!seconds || *seconds > kMostSeconds || *seconds < -kMostSeconds) return std::nullopt;
  std::int64_t nanoseconds = 0;
  if (point != std::string_view::npos) {
    std::string fraction(text.substr(point + 1));
    if (fraction.size() > 9 ||
        !std::all_of(fraction.begin(), fraction.end(), [](unsigned char c) { return std::isdigit(c); }))
      return std::nullopt;
    fraction.resize(9, '0');
    nanoseconds = number(fraction).value_or(0);
  }
  return base::Time(std::chrono::seconds(*seconds) + std::chrono::nanoseconds(nanoseconds));
}

// A date, or a date and a time of day without seconds or minutes, made whole: "2026-11-23T17" -> "2026-11-23T17:00:00".
std::optional<std::string> whole_date(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  const std::size_t given = std::min(text.size(), kShape.size());
  if (given != 10 && given != 13 && given != 16 && given != 19) return std::nullopt;
  for (std::size_t i = 0; i < given; ++i) {
    const bool fits = kShape[i] == 'd' ? std::isdigit(static_cast<unsigned char>(text[i])) != 0 : text[i] == kShape[i];
    if (!fits) return std::nullopt;
  }
  constexpr std::string_view kMidnight = "0000-00-00T00:00:00";
  return std::string(text.substr(0, given)) + std::string(kMidnight.substr(given)) + std::string(text.substr(given));
}

// The same moment of the local zone.
base::Time as_local(base::Time utc) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(utc));
  std::tm parts = {};
  gmtime_r(&seconds, &parts);
  parts.tm_isdst = -1;
  return utc + std::chrono::seconds(mktime(&parts) - seconds);
}

std::optional<base::Time> parse_date(std::string_view text) {
  // What ends the date and the time of day: nothing, Z, or ±hh:mm after the T or right after a date.
  std::string_view zone;
  if (text.ends_with('Z')) {
    zone = text.substr(text.size() - 1);
  } else if (text.size() >= 16 && (text[text.size() - 6] == '+' || text[text.size() - 6] == '-') &&
             text[text.size() - 3] == ':') {
    zone = text.substr(text.size() - 6);
  }
  const auto whole = whole_date(text.substr(0, text.size() - zone.size()));
  if (!whole) return std::nullopt;
  const auto moment = base::parse_rfc3339(*whole + (zone.empty() ? "Z" : std::string(zone)));
  return moment && zone.empty() ? as_local(*moment) : moment;
}

}  // namespace

Filters Filters::parse(const std::vector<std::string>& texts) {
  Filters filters;
  for (const std::string& text : texts) filters.add_text(text);
  return filters;
}

void Filters::add_text(std::string_view text) {
  if (text.empty()) return;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos)
    throw Error(Code::kInvalidArgument, "bad format of filter (expected name=value)");
  add(base::to_lower(base::trim(text.substr(0, equals))), std::string(base::trim(text.substr(equals + 1))));
}

void Filters::add(const std::string& name, const std::string& value) {
  auto& values = values_[name];
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

const std::vector<std::string>& Filters::values(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

void Filters::allow_only(std::initializer_list<std::string_view> names) const {
  for (const auto& [name, values] : values_) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw Error(Code::kInvalidArgument, "Invalid filter '" + name + "'");
  }
}

std::optional<bool> Filters::boolean(std::string_view name) const {
  const auto& given = values(name);
  if (given.empty()) return std::nullopt;
  for (const std::string& value : given) {
    if (value == "1" || value == "true") return true;
  }
  for (const std::string& value : given) {
    if (value == "0" || value == "false") return false;
  }
  throw Error::format(Code::kInvalidArgument, "Invalid filter '{}=[{}]'", name, base::join(given, " "));
}

std::optional<base::Time> Filters::until(base::Time now) const {
  std::optional<base::Time> earliest;
  for (const std::string& value : values("until")) {
    const base::Time moment = parse_moment(value, now);
    if (!earliest || moment < *earliest) earliest = moment;
  }
  return earliest;
}

bool Filters::labels_match(const std::map<std::string, std::string>& labels) const {
  for (const std::string& wanted : values("label")) {
    if (!has_label(labels, wanted)) return false;
  }
  const auto& unwanted = values("label!");
  return std::none_of(unwanted.begin(), unwanted.end(),
                      [&](const std::string& label) { return has_label(labels, label); });
}

base::Time parse_moment(const std::string& text, base::Time now) {
  if (text != "0") {
    try {
      return now - text::parse_duration(text);
    } catch (const Error&) {  // no duration: a moment, then
    }
  }
  if (const auto moment = base::parse_rfc3339(text)) return *moment;
  if (const auto moment = parse_date(text)) return *moment;
  if (const auto moment = parse_unix_time(text)) return *moment;
  throw Error::format(Code::kInvalidArgument, "failed to parse value as time or duration: \"{}\"",
                      base::printable(text));
}

}  // namespace davit::operations
