#include "cli/build_progress.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "cli/output.h"

namespace davit::cli {

namespace {

constexpr std::size_t kTailBytes = 4096;

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

void BuildLines::put(int step, const std::string& text) {
  if (!quiet_) print_error(fmt::format("#{} {}", step, text));
}

int BuildLines::begin(const std::string& name) {
  const std::lock_guard lock(mutex_);
  steps_[++last_] = {.name = name, .began = std::chrono::steady_clock::now(), .line = {}, .tail = {}};
  put(last_, name);
  return last_;
}

void BuildLines::put_output(int number, Step& step) {
  const auto text = fmt::format("{:.3f} {}", seconds_since(step.began), step.line);
  put(number, text);
  step.tail += text + "\n";
  if (step.tail.size() > kTailBytes) step.tail.erase(0, step.tail.find('\n', step.tail.size() - kTailBytes) + 1);
  step.line.clear();
}

void BuildLines::output(int number, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  auto& step = steps_.at(number);
  for (const char c : bytes) {
    if (c == '\n') {
      put_output(number, step);
    } else if (c != '\r') {
      step.line += c;
    }
  }
}

void BuildLines::note(int step, const std::string& line) {
  const std::lock_guard lock(mutex_);
  put(step, line);
}

void BuildLines::end(int number, End how) {
  const std::lock_guard lock(mutex_);
  auto& step = steps_.at(number);
  if (!step.line.empty()) put_output(number, step);
  put(number, how == End::kCached ? "CACHED" : fmt::format("DONE {:.1f}s", seconds_since(step.began)));
  if (!quiet_) print_error("");
}

void BuildLines::failed(int number, const std::string& why) {
  const std::lock_guard lock(mutex_);
  auto& step = steps_.at(number);
  if (!step.line.empty()) put_output(number, step);
  put(number, "ERROR: " + why);
  print_error("------\n > " + step.name + ":\n" + step.tail + "------");
}

void BuildLines::warn(const std::string& text) {
  const std::lock_guard lock(mutex_);
  print_error("WARN: " + text);
}

}  // namespace davit::cli
