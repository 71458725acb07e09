#pragma once
// What davit needs of the terminal that its user types at.

#include <optional>
#include <string>

#include <termios.h>

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

// What is typed up to the end of the line or of the input, without it; nothing where the input has ended before. Takes
// no byte beyond. Throws Error(kCancelled)
// when the user interrupts, Error(kInvalidArgument) for more than 64 KiB.
std::optional<std::string> read_line(int fd, const std::string& name);

}  // namespace davit::base
