#pragma once
// What davit needs of the terminal that its user types at.

#include <optional>
#include <string>

#include <termios.h>

#include "base/fs/file.h"

namespace davit::base {

bool is_terminal(int fd);

// While it lives the terminal does not show what is typed; then it is as it was before, however the scope is left.
class EchoOff {
 public:
  explicit EchoOff(int fd);  // a terminal; throws Error(kIo)
  ~EchoOff();
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  int fd_;
  struct termios before_ = {};
};

struct WindowSize {
  int rows = 0, columns = 0;
  bool operator==(const WindowSize&) const = default;
};
std::optional<WindowSize> window_size(int fd);  // nothing where it is no terminal, or one without a size

// While it lives the terminal hands on each key as it comes, those for signals too, and changes nothing that is written
// to it. Then it is as it was before: however the scope is left, and also where a signal ends the process (a crash, or
// SIGTERM). One at a time.
class RawMode {
 public:
  explicit RawMode(int fd);  // a terminal; throws Error(kIo)
  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
};

// While it lives, changes of the terminal's size (SIGWINCH) wait in its descriptor, in the thread that made it.
class WindowChanges {
 public:
  WindowChanges();
  ~WindowChanges();
  WindowChanges(const WindowChanges&) = delete;
  WindowChanges& operator=(const WindowChanges&) = delete;
  int fd() const { return fd_.get(); }
  void take();  // forgets those that waited

 private:
  fs::FileDescriptor fd_;
  bool was_blocked_ = false;
};

// What is typed up to the end of the line or of the input, without it; nothing where the input has ended before. Takes
// no byte beyond. Throws Error(kCancelled) when the user interrupts, Error(kInvalidArgument) for more than 64 KiB.
std::optional<std::string> read_line(int fd, const std::string& name);

}  // namespace davit::base
