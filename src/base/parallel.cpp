#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancellation.h"

namespace davit::base {

void parallel_for(std::size_t count, std::size_t limit, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr first;
  std::atomic<bool> failed = false;  // after `first` is set
  const auto run = [&] {
    for (std::size_t index = next++; index < count && !failed; index = next++) {
      try {
        work(index);
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

void parallel_until_failure(std::size_t count, std::size_t limit, const std::function<void(std::size_t)>& work) {
  Cancellation cancellation(Cancellation::of_this_thread());
  std::mutex mutex;
  std::exception_ptr first;  // before the others are cancelled, so that it is none of theirs
  try {
    parallel_for(count, limit, [&](std::size_t index) {
      const Cancellation::Scope scope(cancellation);
      try {
        work(index);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
        cancellation.cancel();
        throw;
      }
    });
  } catch (...) {
    if (first) std::rethrow_exception(first);
    throw;
  }
}

}  // namespace davit::base
