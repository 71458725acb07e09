// What a load program measured, and how it says so: one line of JSON on standard output.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace load {

using Clock = std::chrono::steady_clock;

inline double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

// The value below which this part of them is; sorts them.
inline double milliseconds_at(std::vector<Clock::duration>& times, double part) {
  if (times.empty()) return 0;
  std::sort(times.begin(), times.end());
  return milliseconds(times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))]);
}

struct Figures {
  std::vector<Clock::duration> latencies;   // of the requests that were answered
  std::vector<Clock::duration> own_delays;  // of requests that this program, not the server, sent late
  Clock::duration taken{};
  std::size_t errors = 0;

  void print() {
    std::printf(
        "{\"count\": %zu, \"seconds\": %.6f, \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.4f, "
        "\"own_p99_ms\": %.4f, \"errors\": %zu}\n",
        latencies.size(), milliseconds(taken) / 1000, milliseconds_at(latencies, 0.5), milliseconds_at(latencies, 0.99),
        milliseconds_at(latencies, 1), milliseconds_at(own_delays, 0.99), errors);
  }
};

}  // namespace load
