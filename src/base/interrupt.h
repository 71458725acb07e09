#pragma once
// Ctrl-C and SIGTERM as a flag that long work looks at, so that it stops between two pieces and leaves what it has
// whole.

#include <array>

namespace davit::base {

// Installs handlers for SIGINT and SIGTERM that raise the flag; a second signal of the kind ends the process. Called by
// main.
void install_interrupt_handlers();
bool interrupted();
int interrupt_signal();  // the signal that raised the flag, or 0
// Throws Error(kCancelled, "interrupted") when the flag is raised, and when this thread's work was cancelled
// (cancellation.h).
void check_interrupted();
// Descriptors of which one becomes readable when check_interrupted() begins to throw, for poll(2): the flag's, which is
// valid until the process ends, and that of this thread's cancellation (-1: it has none).
std::array<int, 2> interrupt_fds();
// The first of them.
int interrupt_fd();
// While one lives, neither an interrupt nor a cancellation ends this thread's work: for what must be undone after one.
class Uninterrupted {
 public:
  Uninterrupted();
  ~Uninterrupted();
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;
};

void raise_interrupt_for_test(bool raised);

}  // namespace davit::base
