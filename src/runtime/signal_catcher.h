#pragma once
// The signals that a foreground run passes on.

#include <vector>

#include "base/fs/file.h"

namespace davit::runtime {

// While it lives, the signals that docker passes to a container (all that a process can catch but those of its own
// faults, of its children, of a closed pipe, of its terminal's job control and size) do not reach this thread but wait
// in its descriptor. Make it before the container is created, in the thread that relays, while no other thread runs
// that would take them.
class SignalCatcher {
 public:
  SignalCatcher();
  ~SignalCatcher();
  SignalCatcher(const SignalCatcher&) = delete;
  SignalCatcher& operator=(const SignalCatcher&) = delete;
  int fd() const { return fd_.get(); }
  std::vector<int> take();  // those that waited, in order

 private:
  base::fs::FileDescriptor fd_;
  std::vector<int> previously_unblocked_;
};

}  // namespace davit::runtime
