#include "cli/format.h"

#include <ctime>

namespace davit::cli {

bool wants_json(const Arguments& arguments) {
  if (!arguments.given("format")) return false;
  const std::string format = arguments.text("format");
  if (format == "json" || format == "{{json .}}") return true;
  throw ClientError("format '" + format + "' is not supported: this version knows 'json'");
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
