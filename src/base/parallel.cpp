#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace davit::base {

void parallel_for(std::size_t count, std::size_t limit, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr first;
  const auto run = [&] {
    for (std::size_t index = next++; index < count; index = next++) {
      {
        const std::lock_guard lock(mutex);
        if (first) return;
      }
      try {
        work(index);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
      }
    }
  };

  std::vector<std::jthread> threads;
  const std::size_t wanted = std::min(count, std::max<std::size_t>(limit, 1));
  for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back(run);
  run();
  threads.clear();
  if (first) std::rethrow_exception(first);
}

}  // namespace davit::base
