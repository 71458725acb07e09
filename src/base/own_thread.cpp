#include "base/own_thread.h"

#include <exception>
#include <thread>

namespace davit::base {

void run_in_own_thread(const std::function<void()>& work) {
  std::exception_ptr failure;
  std::jthread([&] {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace davit::base
