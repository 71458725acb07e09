#include "base/terminal.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/input.h"

namespace davit::base {

namespace {

constexpr std::size_t kMaxLineBytes = 64 * 1024;

// Signals that end a process, and may meet one while its terminal is raw.
constexpr std::array kEnding = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,
                                SIGUSR1, SIGSEGV, SIGUSR2, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGSYS};

// The raw terminal, where a signal handler finds it.
volatile sig_atomic_t raw_fd = -1;
struct termios before_raw = {};
std::array<struct sigaction, kEnding.size()> actions_before_raw = {};

void put_actions_back() {
  for (std::size_t i = 0; i < kEnding.size(); ++i) ::sigaction(kEnding[i], &actions_before_raw[i], nullptr);
}

// Calls only what a handler may.
extern "C" void restore_and_go_on(int number) {
  const int saved = errno;
  if (raw_fd >= 0) ::tcsetattr(static_cast<int>(raw_fd), TCSANOW, &before_raw);
  put_actions_back();
  ::raise(number);  // comes when this handler returns, with the effect that it had before
  errno = saved;
}

}  // namespace

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

EchoOff::EchoOff(int fd) : fd_(fd) {
  if (::tcgetattr(fd, &before_) != 0) throw_errno(errno, "read the terminal's settings");
  struct termios silent = before_;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (::tcsetattr(fd, TCSADRAIN, &silent) != 0) throw_errno(errno, "set the terminal's settings");
}

EchoOff::~EchoOff() { ::tcsetattr(fd_, TCSADRAIN, &before_); }

std::optional<WindowSize> window_size(int fd) {
  struct winsize size = {};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || (size.ws_row == 0 && size.ws_col == 0)) return std::nullopt;
  return WindowSize{.rows = size.ws_row, .columns = size.ws_col};
}

RawMode::RawMode(int fd) {
  if (::tcgetattr(fd, &before_raw) != 0) throw_errno(errno, "read the terminal's settings");
  raw_fd = fd;
  struct sigaction action = {};
  action.sa_handler = restore_and_go_on;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kEnding.size(); ++i) {
    ::sigaction(kEnding[i], nullptr, &actions_before_raw[i]);
    if (actions_before_raw[i].sa_handler != SIG_IGN) ::sigaction(kEnding[i], &action, nullptr);
  }
  struct termios raw = before_raw;
  ::cfmakeraw(&raw);
  if (::tcsetattr(fd, TCSANOW, &raw) != 0) {
    const int error_number = errno;
    put_actions_back();
    raw_fd = -1;
    throw_errno(error_number, "set the terminal's settings");
  }
}

RawMode::~RawMode() {
  ::tcsetattr(static_cast<int>(raw_fd), TCSANOW, &before_raw);
  put_actions_back();
  raw_fd = -1;
}

WindowChanges::WindowChanges() {
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGWINCH);
  fd_ = fs::FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw_errno(errno, "signalfd");
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  was_blocked_ = sigismember(&before, SIGWINCH) == 1;
}

WindowChanges::~WindowChanges() {
  take();
  if (was_blocked_) return;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGWINCH);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void WindowChanges::take() {
  signalfd_siginfo info;
  while (::read(fd_.get(), &info, sizeof info) > 0) {
  }
}

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
