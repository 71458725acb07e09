#include "cli/budget_words.h"

#include <fmt/core.h>

namespace davit::cli {

namespace {

// "6 hours", "hour", "90 seconds".
std::string window_words(std::chrono::seconds window) {
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  for (const Unit unit : {Unit{86'400, "day"}, Unit{3'600, "hour"}, Unit{60, "minute"}, Unit{1, "second"}}) {
    if (window.count() % unit.seconds != 0) continue;
    const std::int64_t count = window.count() / unit.seconds;
    return count == 1 ? unit.name : fmt::format("{} {}s", count, unit.name);
  }
  return {};
}

}  // namespace

std::string budget_words(const remote::RateLimit& limit) {
  std::string words = limit.remaining ? std::to_string(*limit.remaining) : "an unknown number";
  if (limit.limit) words += " of " + std::to_string(*limit.limit);
  words += " pulls left";
  if (limit.window && limit.window->count() > 0) words += " in this " + window_words(*limit.window);
  return words;
}

}  // namespace davit::cli
