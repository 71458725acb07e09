#include "container/log_options.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/strings.h"

namespace davit::container {

namespace {

using base::Code;
using base::Error;

constexpr std::array<std::string_view, 8> kOtherDrivers = {"awslogs",  "fluentd",    "gcplogs", "gelf",
                                                           "journald", "logentries", "splunk",  "syslog"};
constexpr std::array<std::string_view, 5> kAttributes = {"env", "env-regex", "labels", "labels-regex", "tag"};
constexpr std::array<std::string_view, 3> kRotation = {"compress", "max-file", "max-size"};

template <typename List>
bool is_in(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void check_option(const std::string& driver, const std::string& name, const std::string& value) {
  const auto later = [&](std::string_view why) {
    throw Error::format(Code::kNotSupported, "--log-opt {}={} is not supported: {}", name, base::printable(value), why);
  };
  if (is_in(kRotation, name)) later("log rotation comes in a later version");
  if (name == "mode") {
    if (value == "non-blocking") later("a container's output is never thrown away");
    if (value != "blocking" && !value.empty())
      throw Error::format(Code::kInvalidArgument, "logger: logging mode not supported: {}", base::printable(value));
    return;
  }
  if (name == "max-buffer-size")
    throw Error(Code::kInvalidArgument, "logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  if (driver == "json-file") {
    if (!is_in(kAttributes, name))
      throw Error::format(Code::kInvalidArgument, "unknown log opt '{}' for json-file log driver",
                          base::printable(name));
    return;
  }
  throw Error::format(Code::kInvalidArgument, "unknown log opt '{}' for log driver {}", base::printable(name), driver);
}

}  // namespace

void check_log(const LogSettings& log) {
  const std::string driver = log.driver.empty() ? "json-file" : log.driver;
  if (is_in(kOtherDrivers, driver)) {
    throw Error::format(Code::kNotSupported, "--log-driver {} is not supported: use json-file, local or none", driver);
  }
  if (driver != "json-file" && driver != "local" && driver != "none") {
    throw Error::format(Code::kNotFound, "error looking up logging plugin {0}: plugin \"{0}\" not found",
                        base::printable(driver));
  }
  for (const auto& [name, value] : log.options) check_option(driver, name, value);
}

}  // namespace davit::container
