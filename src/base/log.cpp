#include "base/log.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/error.h"

namespace davit::base::log {

namespace {

// The level is ours, so that a program that logs nothing never sets spdlog up (it is part of start-up time).
std::atomic<Level> current_level = Level::kWarning;

struct Around {
  std::mutex mutex;
  std::function<void(const std::function<void()>&)> call;
};
Around& around() {
  static Around instance;
  return instance;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("davit", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ [%l] %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

}  // namespace

Level parse_level(std::string_view text) {
  if (text == "debug") return Level::kDebug;
  if (text == "info") return Level::kInfo;
  if (text == "warn" || text == "warning") return Level::kWarning;
  if (text == "error") return Level::kError;
  if (text == "off") return Level::kOff;
  throw Error::format(Code::kInvalidArgument, "invalid log level '{}': use debug, info, warn, error or off", text);
}

void set_level(Level level) { current_level = level; }
bool enabled(Level level) { return level >= current_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message) {
  const std::lock_guard lock(around().mutex);
  const auto line = [&] { logger().log(to_spdlog(level), "{}", message); };
  if (around().call) {
    around().call(line);
  } else {
    line();
  }
}

void set_around(std::function<void(const std::function<void()>&)> call) {
  const std::lock_guard lock(around().mutex);
  around().call = std::move(call);
}

}  // namespace davit::base::log
