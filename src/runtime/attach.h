#pragma once
// A container's streams, by conmon's attach socket, and the signals that a foreground run passes on.

#include <filesystem>
#include <optional>
#include <vector>

#include "base/fs/file.h"
#include "base/process.h"
#include "runtime/container_runtime.h"

namespace davit::runtime {

// Descriptors of the caller's; not owned. Negative: not attached.
struct Streams {
  int in = -1;
  int out = 1;
  int err = 2;
};

// While it lives, the signals that docker passes to a container (INT, TERM, HUP, QUIT, USR1, USR2, ALRM, CONT) do not
// reach this thread but wait in its descriptor. Make it before the container is created, in the thread that calls
// relay(), while no other thread runs that would take them.
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

class Attachment {
 public:
  // Connects to a created container, whose output from its start on then comes here. Any length of path will do.
  static Attachment connect(const Bundle& bundle);

  // Passes streams and signals until the container has ended and all of its output has been written, or until conmon is
  // gone. Our end of `streams.in` closes the container's standard input. A stalled reader of ours stalls the container.
  // Throws Error(kIo) when an output cannot be written; the container goes on.
  void relay(const Bundle& bundle, const Streams& streams, const Created& processes, SignalCatcher* signals);

 private:
  explicit Attachment(base::fs::FileDescriptor socket) : socket_(std::move(socket)) {}
  base::fs::FileDescriptor socket_;
};

}  // namespace davit::runtime
