#include "text/time.h"

#include <fmt/core.h>

namespace davit::text {

// The steps are docker's: each unit is kept until it no longer reads well, hours round to the nearest, all others down.
std::string human_duration(std::chrono::nanoseconds span) {
  using std::chrono::duration_cast;
  const auto seconds = duration_cast<std::chrono::seconds>(span).count();
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return fmt::format("{} seconds", seconds);
  const auto minutes = seconds / 60;
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return fmt::format("{} minutes", minutes);
  const auto hours = duration_cast<std::chrono::hours>(span + std::chrono::minutes(30)).count();
  if (hours == 1) return "About an hour";
  if (hours < 48) return fmt::format("{} hours", hours);
  const auto days = hours / 24;
  if (days < 14) return fmt::format("{} days", days);
  if (days < 60) return fmt::format("{} weeks", days / 7);
  if (days < 2 * 365) return fmt::format("{} months", days / 30);
  return fmt::format("{} years", seconds / 3600 / 24 / 365);
}

std::string human_age(base::Time then, base::Time now) { return human_duration(now - then) + " ago"; }

}  // namespace davit::text
