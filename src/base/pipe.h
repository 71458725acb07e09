#pragma once
// A bounded queue of bytes between two threads: one writes a Sink, the other reads a Source.

#include <exception>
#include <memory>

#include "base/io.h"

namespace davit::base {

// Create it, give sink() to one thread and source() to another. write() blocks while the pipe is full, read() while it
// is empty. Writer: finish() ends the stream; fail() makes the reader's next read throw. Reader: close() makes the
// writer's next write throw Error(kCancelled), so that neither side can hang on a dead peer.
class Pipe {
 public:
  explicit Pipe(std::size_t capacity_bytes = 2 * 1024 * 1024);
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  Sink& sink();
  Source& source();
  void fail(std::exception_ptr cause);
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::base
