#include "base/interrupt.h"

#include <atomic>
#include <cerrno>
#include <cstdint>

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cancellation.h"
#include "base/error.h"

namespace davit::base {

namespace {

std::atomic<int> raised_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free, "the flag is set in a signal handler");
int event_fd = -1;

thread_local int shields = 0;

void notify() {
  const std::uint64_t one = 1;
  if (event_fd >= 0) [[maybe_unused]]
    const ssize_t written = write(event_fd, &one, sizeof one);
}

extern "C" void on_interrupt(int number) {
  const int saved = errno;
  raised_signal = number;
  notify();
  errno = saved;
}

}  // namespace

void install_interrupt_handlers() {
  interrupt_fd();  // made now
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second signal has its default effect: it ends the process
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return raised_signal != 0; }
int interrupt_signal() { return raised_signal; }

Uninterrupted::Uninterrupted() { ++shields; }
Uninterrupted::~Uninterrupted() { --shields; }

void check_interrupted() {
  if (shields > 0) return;
  if (interrupted()) throw Error(Code::kCancelled, "interrupted");
  if (const Cancellation* own = Cancellation::of_this_thread(); own != nullptr && own->cancelled()) {
    throw Error(Code::kCancelled, "cancelled");
  }
}

std::array<int, 2> interrupt_fds() {
  if (shields > 0) return {-1, -1};
  const Cancellation* own = Cancellation::of_this_thread();
  return {interrupt_fd(), own != nullptr ? own->fd() : -1};
}

int interrupt_fd() {
  if (shields > 0) return -1;  // poll(2) passes over it
  if (event_fd < 0) event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return event_fd;
}

void raise_interrupt_for_test(bool raised) {
  raised_signal = raised ? SIGINT : 0;
  if (raised) {
    notify();
  } else if (event_fd >= 0) {
    std::uint64_t drained = 0;
    [[maybe_unused]] const ssize_t count = read(event_fd, &drained, sizeof drained);
  }
}

}  // namespace davit::base
