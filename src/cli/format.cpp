#include "cli/format.h"

#include <algorithm>
#include <ctime>

#include <boost/json.hpp>

#include "base/fs/file.h"
#include "base/json.h"
#include "cli/context.h"
#include "cli/output.h"

namespace davit::cli {

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

std::string configured_format(Context& context, const std::string& key) {
  std::optional<std::string> text;
  try {
    text = base::fs::read_file_if_exists(context.credentials()->path());
  } catch (const base::Error& error) {  // a list needs no credentials: it goes by its own table, as docker's does
    print_error("WARNING: Error loading config file: " + error.message());
  }
  if (!text) return "";
  boost::system::error_code failed;
  const boost::json::value config = boost::json::parse(*text, failed);
  if (failed || !config.is_object()) return "";  // login and pull tell what is wrong with it
  return base::text_member(config.get_object(), key);
}

namespace {

std::tm local_parts(base::Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts = {};
  localtime_r(&seconds, &parts);
  return parts;
}

std::string printed(const std::tm& parts, const char* format) {
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

}  // namespace

std::string go_time(const std::optional<base::Time>& time) {
  if (!time) return "0001-01-01 00:00:00 +0000 UTC";
  return printed(local_parts(*time), "%Y-%m-%d %H:%M:%S %z %Z");
}

std::string local_rfc3339(const std::optional<base::Time>& time) {
  if (!time) return "0001-01-01T00:00:00Z";
  const std::tm parts = local_parts(*time);
  std::string text = printed(parts, "%Y-%m-%dT%H:%M:%S");
  if (parts.tm_gmtoff == 0) return text + "Z";
  const std::string zone = printed(parts, "%z");
  return text + zone.substr(0, 3) + ":" + zone.substr(3);
}

}  // namespace davit::cli
