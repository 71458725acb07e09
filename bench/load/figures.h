// What a load program measured, and how it says so: one line of JSON on standard output.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace load {

using Clock = std::chrono::steady_clock;

inline double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

struct Figures {
  std::vector<Clock::duration> latencies;  // of the requests that were answered
  Clock::duration taken{};
  std::size_t errors = 0;

  void print() {
    std::sort(latencies.begin(), latencies.end());
    const auto at = [&](double part) {
      if (latencies.empty()) return 0.0;
      return milliseconds(latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))]);
    };
    std::printf(
        "{\"count\": %zu, \"seconds\": %.6f, \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.4f, \"errors\": %zu}\n",
        latencies.size(), milliseconds(taken) / 1000, at(0.5), at(0.99), at(1), errors);
  }
};

}  // namespace load
