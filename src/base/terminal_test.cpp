#include "base/terminal.h"

#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fs/file.h"
#include "tests/testing/child_process.h"

namespace davit::base {
namespace {

// A pseudo-terminal: what is set at one end shows at the other.
class TerminalTest : public ::testing::Test {
 protected:
  TerminalTest() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    EXPECT_EQ(::grantpt(master_.get()), 0);
    EXPECT_EQ(::unlockpt(master_.get()), 0);
    slave_ = fs::FileDescriptor(::open(::ptsname(master_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    EXPECT_TRUE(slave_);
  }
  struct termios settings() const {
    struct termios settings = {};
    EXPECT_EQ(::tcgetattr(master_.get(), &settings), 0);
    return settings;
  }
  bool raw() const { return (settings().c_lflag & (ECHO | ICANON | ISIG)) == 0; }
  static bool same(const struct termios& a, const struct termios& b) {
    return a.c_lflag == b.c_lflag && a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag;
  }

  fs::FileDescriptor master_, slave_;
};

TEST_F(TerminalTest, RawModeIsUndoneHoweverItEnds) {
  const auto before = settings();
  {
    const RawMode mode(slave_.get());
    EXPECT_TRUE(raw());
  }
  EXPECT_TRUE(same(settings(), before));
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, SIGUSR1}) {
    const int status = test::wait_for(test::start_child([&] {
      ::signal(number, SIG_DFL);  // a sanitizer's own, or ignored by who started us
      const RawMode mode(slave_.get());
      if (!raw()) return 1;
      ::raise(number);
      return 2;
    }));
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number) << number;
    EXPECT_TRUE(same(settings(), before)) << number;
  }
}

TEST_F(TerminalTest, SignalsThatWereIgnoredOrHandledStaySo) {
  const int status = test::wait_for(test::start_child([&] {
    static volatile sig_atomic_t handled = 0;
    ::signal(SIGHUP, SIG_IGN);
    ::signal(SIGTERM, [](int) { handled = 1; });
    const RawMode mode(slave_.get());
    ::raise(SIGHUP);
    if (!raw()) return 1;
    ::raise(SIGTERM);
    return handled == 1 && !raw() ? 0 : 2;  // the handler ran, with the terminal restored
  }));
  EXPECT_EQ(status, 0);
}

TEST_F(TerminalTest, RawModeNeedsATerminal) {
  const fs::FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_ANY_THROW(RawMode mode(null.get()));
}

TEST_F(TerminalTest, WindowSize) {
  EXPECT_EQ(window_size(slave_.get()), std::nullopt);
  const struct winsize size = {.ws_row = 30, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(::ioctl(master_.get(), TIOCSWINSZ, &size), 0);
  EXPECT_EQ(window_size(slave_.get()), (WindowSize{.rows = 30, .columns = 100}));
  EXPECT_EQ(window_size(-1), std::nullopt);
}

TEST_F(TerminalTest, WindowChangesWaitInTheirDescriptor) {
  WindowChanges changes;
  ::raise(SIGWINCH);
  ::raise(SIGWINCH);
  char byte = 0;
  changes.take();
  EXPECT_EQ(::read(changes.fd(), &byte, 1), -1);
}

}  // namespace
}  // namespace davit::base
