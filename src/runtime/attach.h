#pragma once
// A container's streams, by conmon's attach socket. docs/container-runtime.md.

#include <optional>
#include <string>

#include "base/fs/file.h"
#include "base/process.h"
#include "base/terminal.h"
#include "runtime/container_runtime.h"
#include "runtime/signal_catcher.h"

namespace davit::runtime {

// Descriptors of the caller's; not owned. Negative: not attached.
struct Streams {
  int in = -1;
  int out = 1;
  int err = 2;
};

struct RelayOptions {
  Streams streams;
  SignalCatcher* signals = nullptr;  // what it catches goes to the init; without one an interruption ends the relay
  std::string detach_keys;           // as bytes (detach_keys.h); empty: nothing typed detaches
  int window = -1;                   // a terminal of ours whose size that of the container follows
  int ended = -1;                    // readable when the process has ended; else conmon's exit file tells
};

enum class RelayEnd {
  kExited,    // the process has ended and all of its output has been written
  kDetached,  // by the keys: it goes on
};

// The size of a container's terminal, by conmon's ctl fifo in the bundle. What cannot be told (it ended) is no error.
void resize_terminal(const Bundle& bundle, base::WindowSize size);

class Attachment {
 public:
  // Connects to a created or running container, whose output from here on comes here. Any length of path will do.
  static Attachment connect(const Bundle& bundle);

  // Passes streams and signals until the container has ended and all of its output has been written, or until conmon is
  // gone, or as RelayEnd says. Our end of `streams.in` closes the container's standard input, if that is not to stay
  // open. A stalled reader of ours stalls the container. Throws Error(kIo) when an output cannot be written and
  // Error(kCancelled) when we are interrupted; the container goes on.
  RelayEnd relay(const Bundle& bundle, const Created& processes, const RelayOptions& options);

 private:
  explicit Attachment(base::fs::FileDescriptor socket) : socket_(std::move(socket)) {}
  base::fs::FileDescriptor socket_;
};

}  // namespace davit::runtime
