#include "operations/healthcheck.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>

#include "base/error.h"
#include "base/strings.h"
#include "operations/instruction_words.h"
#include "text/duration.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;

constexpr std::chrono::nanoseconds kLeast = std::chrono::milliseconds(1);  // docker's least of each time

std::string_view take_word(std::string_view& text) {
  const std::size_t end = text.find_first_of(" \t");
  const std::string_view word = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : base::trim(text.substr(end));
  return word;
}

std::int64_t time_of(std::string_view name, std::string_view value) {
  const auto time = text::parse_duration(value);
  if (time < kLeast)
    throw Error::format(Code::kInvalidArgument, "Interval \"{}\" cannot be less than 1ms", base::printable(name));
  return time.count();
}

int retries_of(std::string_view value) {
  int retries = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), retries);
  if (error != std::errc() || end != value.data() + value.size())
    throw Error::format(Code::kInvalidArgument, "--retries must be a number (not {})", base::printable(value));
  if (retries < 1) throw Error::format(Code::kInvalidArgument, "--retries must be at least 1 (not {})", retries);
  return retries;
}

void set_option(oci::Healthcheck& check, std::string_view option) {
  const std::size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  if (name != "interval" && name != "timeout" && name != "start-period" && name != "start-interval" &&
      name != "retries")
    throw Error::format(Code::kInvalidArgument, "Unknown flag: {}", base::printable(name));
  if (equals == std::string_view::npos)
    throw Error::format(Code::kInvalidArgument, "Missing a value on flag: {}", name);
  const std::string_view value = option.substr(equals + 1);
  if (name == "interval") check.interval_ns = time_of(name, value);
  if (name == "timeout") check.timeout_ns = time_of(name, value);
  if (name == "start-period") check.start_period_ns = time_of(name, value);
  if (name == "start-interval") check.start_interval_ns = time_of(name, value);
  if (name == "retries") check.retries = retries_of(value);
}

}  // namespace

oci::Healthcheck parse_healthcheck(std::string_view text) {
  oci::Healthcheck check;
  std::string_view rest = base::trim(text);
  while (rest.starts_with("--")) set_option(check, take_word(rest).substr(2));
  std::string type(take_word(rest));
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::toupper(c); });
  if (type == "NONE") {
    if (!rest.empty()) throw Error(Code::kInvalidArgument, "HEALTHCHECK NONE takes no arguments");
    check.test = {"NONE"};
  } else if (type == "CMD") {
    if (rest.empty()) throw Error(Code::kInvalidArgument, "Missing command after HEALTHCHECK CMD");
    if (const auto words = json_words(rest)) {
      if (words->empty()) throw Error(Code::kInvalidArgument, "Missing command after HEALTHCHECK CMD");
      check.test = {"CMD"};
      check.test.insert(check.test.end(), words->begin(), words->end());
    } else {
      check.test = {"CMD-SHELL", std::string(rest)};
    }
  } else {
    throw Error::format(Code::kInvalidArgument, "Unknown type \"{}\" in HEALTHCHECK (try CMD)", base::printable(type));
  }
  return check;
}

}  // namespace davit::operations
