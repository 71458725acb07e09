#pragma once
// The one logger: lines on standard error, off below the chosen level. For what a developer or operator may want to
// know; never for results, which commands print themselves, and never for secrets.

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

namespace davit::base::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };

// Throws Error(kInvalidArgument) unless "debug", "info", "warn", "error" or "off".
Level parse_level(std::string_view text);
void set_level(Level level);  // at start-up; the default is kWarning
bool enabled(Level level);
void write(Level level, std::string_view message);  // thread-safe

// While set, each line is written by `around`, which calls what it is given, once: so that what draws on the same
// terminal can get out of its way. An empty function ends that; it waits for lines that are being written.
void set_around(std::function<void(const std::function<void()>& write)> around);

template <typename... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::kDebug)) write(Level::kDebug, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::kInfo)) write(Level::kInfo, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::kWarning)) write(Level::kWarning, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace davit::base::log
