#pragma once
// A bounded queue of bytes between two threads: one writes a Sink, the other reads a Source.

#include <exception>
#include <memory>

#include "base/io.h"

namespace davit::base {

// Create it, give sink() to one thread and source() to another. write() blocks while the pipe is full, read() while it
// is empty; who waits is woken once that is worth it (a reader for 64 KiB, or what it asked for if that is less; a
// writer when a quarter is free), so bytes may stay in the pipe until more come. Writer: finish() ends the stream;
// fail() makes the reader's next read throw. close() makes both sides' next call, or the one that waits, throw
// Error(kCancelled): so neither side can hang on a dead peer. finish(), fail() and close() may be called by any thread.
// Waits end when the waiting thread is cancelled (cancellation.h), by Error(kCancelled).
class Pipe {
 public:
  explicit Pipe(std::size_t capacity_bytes = 1024 * 1024);
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
