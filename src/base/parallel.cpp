#include "base/parallel.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace davit::base {

void parallel_for(std::size_t count, std::size_t limit, const std::function<void(std::size_t)>& work) {
  parallel_for(count, limit, [&work](std::size_t index, const std::atomic<bool>&) { work(index); });
}

void parallel_for(std::size_t count, std::size_t limit,
                  const std::function<void(std::size_t, const std::atomic<bool>& failed)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr first;
  std::atomic<bool> failed = false;  // after `first` is set
  const auto run = [&] {
    for (std::size_t index = next++; index < count && !failed; index = next++) {
      try {
        work(index, failed);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
        failed = true;
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
