#include "cli/format.h"

#include <algorithm>
#include <ctime>

namespace davit::cli {

bool wants_json(const Arguments& arguments) {
  if (!arguments.given("format")) return false;
  const std::string format = arguments.text("format");
  if (format == "json" || format == "{{json .}}") return true;
  throw ClientError("format '" + format + "' is not supported: this version knows 'json'");
}

operations::Filters filters_of(const Arguments& arguments) {
  operations::Filters filters;
  for (const std::string& text : arguments.list("filter")) {
    try {
      filters.add_text(text);
    } catch (const base::Error& error) {
      const auto& flags = arguments.command().flags;
      const bool has_letter = std::any_of(flags.begin(), flags.end(),
                                          [](const Flag& flag) { return flag.name == "filter" && flag.letter != 0; });
      throw UsageError(fmt::format("invalid argument \"{}\" for \"{}--filter\" flag: {}", text,
                                   has_letter ? "-f, " : "", error.message()),
                       125, arguments.command());
    }
  }
  return filters;
}

std::string go_time(base::Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts = {};
  localtime_r(&seconds, &parts);
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z %Z", &parts);
  return std::string(text, length);
}

}  // namespace davit::cli
