#include "runtime/signal_catcher.h"

#include <cerrno>
#include <csignal>

#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"

namespace davit::runtime {

namespace {

std::vector<int> forwarded_signals() {
  std::vector<int> numbers = {SIGINT,  SIGTERM,   SIGHUP,  SIGQUIT, SIGUSR1, SIGUSR2,   SIGALRM, SIGCONT,
                              SIGTSTP, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR,  SIGSTKFLT, SIGXCPU, SIGXFSZ};
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) numbers.push_back(number);
  return numbers;
}

}  // namespace

SignalCatcher::SignalCatcher() {
  const auto numbers = forwarded_signals();
  sigset_t set, before;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  fd_ = base::fs::FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) base::throw_errno(errno, "signalfd");
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  for (const int number : numbers) {
    if (sigismember(&before, number) == 0) previously_unblocked_.push_back(number);
  }
}

SignalCatcher::~SignalCatcher() {
  take();  // those that came after the end were the container's; unblocked, they would end us
  sigset_t set;
  sigemptyset(&set);
  for (const int number : previously_unblocked_) sigaddset(&set, number);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::vector<int> SignalCatcher::take() {
  std::vector<int> numbers;
  signalfd_siginfo info;
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    numbers.push_back(static_cast<int>(info.ssi_signo));
  }
  return numbers;
}

}  // namespace davit::runtime
