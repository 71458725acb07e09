// Several connections at once, each on a thread of its own that does one piece of work after another.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "connection.h"
#include "figures.h"

namespace load {

// Each of `count` threads connects and then calls work(connection, thread number) until it returns false. Gives the
// time of each call that returned true and the time of all. The first exception of any thread ends them all and is
// thrown.
template <typename Work>
Figures clients(const sockaddr_in& address, int count, Work work) {
  Figures figures;
  std::mutex mutex;
  std::exception_ptr problem;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  const auto begin = Clock::now();
  for (int number = 0; number < count; ++number) {
    threads.emplace_back([&, number] {
      std::vector<Clock::duration> latencies;
      try {
        Connection connection(address);
        while (!stop) {
          const auto start = Clock::now();
          if (!work(connection, number)) break;
          latencies.push_back(Clock::now() - start);
        }
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!problem) problem = std::current_exception();
        stop = true;
      }
      const std::lock_guard lock(mutex);
      figures.latencies.insert(figures.latencies.end(), latencies.begin(), latencies.end());
    });
  }
  for (std::thread& thread : threads) thread.join();
  figures.taken = Clock::now() - begin;
  if (problem) std::rethrow_exception(problem);
  return figures;
}

}  // namespace load
