#include "base/terminal.h"

#include <cerrno>

#include <unistd.h>

#include "base/error.h"
#include "base/fs/input.h"

namespace davit::base {

namespace {

constexpr std::size_t kMaxLineBytes = 64 * 1024;

}  // namespace

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

EchoOff::EchoOff(int fd) : fd_(fd) {
  if (::tcgetattr(fd, &before_) != 0) throw_errno(errno, "read the terminal's settings");
  struct termios silent = before_;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (::tcsetattr(fd, TCSADRAIN, &silent) != 0) throw_errno(errno, "set the terminal's settings");
}

EchoOff::~EchoOff() { ::tcsetattr(fd_, TCSADRAIN, &before_); }

std::optional<std::string> read_line(int fd, const std::string& name) {
  fs::InputSource input(fd, name);
  std::string line;
  std::byte byte{};
  for (;;) {
    if (input.read(ByteSpan(&byte, 1)) == 0) {
      if (line.empty()) return std::nullopt;
      break;
    }
    if (byte == std::byte{'\n'}) break;
    if (line.size() == kMaxLineBytes)
      throw Error::format(Code::kInvalidArgument, "{}: the line is longer than {} bytes", name, kMaxLineBytes);
    line += static_cast<char>(byte);
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace davit::base
