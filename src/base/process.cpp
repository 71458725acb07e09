#include "base/process.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"
#include "base/strings.h"

extern char** environ;

namespace davit::base {

namespace {

constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<std::string> child_environment(const ChildOptions& options) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    if (options.clear_env && text.substr(0, equals) != "PATH") continue;
    variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [key, value] : options.extra_env) variables[key] = value;
  std::vector<std::string> lines;
  for (const auto& [key, value] : variables) lines.push_back(key + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// In the child: closes every descriptor above 2 but those to keep, which lose close-on-exec. `keep` is sorted.
void keep_only(const std::vector<int>& keep) {
  unsigned first = 3;
  for (const int fd : keep) {
    if (fd < 3) continue;
    if (static_cast<unsigned>(fd) > first) ::syscall(SYS_close_range, first, static_cast<unsigned>(fd) - 1, 0);
    ::fcntl(fd, F_SETFD, 0);
    first = static_cast<unsigned>(fd) + 1;
  }
  ::syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);  // the error pipe must live until exec
}

// Everything a child needs, made before fork so that the child calls nothing but system calls.
struct Prepared {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> envp;
  const char* directory = nullptr;
  std::vector<int> keep;
  int error_pipe = -1;
  pid_t parent = 0;
};

[[noreturn]] void run_child(const ChildOptions& options, const Prepared& prepared) {
  const auto die = [&] {
    const int error_number = errno;
    [[maybe_unused]] const ssize_t written = ::write(prepared.error_pipe, &error_number, sizeof error_number);
    ::_exit(127);
  };
  if (options.new_session && ::setsid() < 0) die();
  if (options.die_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != prepared.parent) ::_exit(127);
  }
  struct sigaction defaults = {};
  defaults.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &defaults, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  const int null_fd = options.stdin_fd < 0 ? ::open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
  // The three are first copied out of each other's way: a source may itself be 0, 1 or 2.
  const int sources[3] = {options.stdin_fd < 0 ? null_fd : options.stdin_fd, options.stdout_fd, options.stderr_fd};
  int copies[3] = {-1, -1, -1};
  for (int i = 0; i < 3; ++i) {
    if (sources[i] >= 0 && (copies[i] = ::fcntl(sources[i], F_DUPFD_CLOEXEC, 3)) < 0) die();
  }
  for (int i = 0; i < 3; ++i) {
    if (copies[i] >= 0 && ::dup2(copies[i], i) < 0) die();
  }
  if (prepared.directory != nullptr && ::chdir(prepared.directory) != 0) die();
  keep_only(prepared.keep);
  if (!options.seccomp_filter.empty()) {
    const sock_fprog filter = {static_cast<unsigned short>(options.seccomp_filter.size()),
                               const_cast<sock_filter*>(options.seccomp_filter.data())};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) die();
  }
  ::execve(prepared.program.c_str(), prepared.argv.data(), prepared.envp.data());
  die();
  ::_exit(127);
}

// The child borrows our memory until it executes the program: copying the page tables of a program of 40 MB takes
// longer than all that it does. No handler may run in it, as that would be in our memory: signals wait until it has
// reset them. In a function of its own, whose frame holds nothing that the child could change.
[[gnu::noinline]] pid_t begin_child(const ChildOptions& options, const Prepared& prepared) {
  const pid_t pid = ::vfork();
  if (pid == 0) run_child(options, prepared);
  return pid;
}

ExitStatus from_siginfo(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status, .signal = 0};
  return {.code = 128 + info.si_status, .signal = info.si_status};
}

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0) return name;
    return std::nullopt;
  }
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "" : path;
  folders += std::string(":") + kDefaultPath;
  for (const std::string& folder : split(folders, ':')) {
    if (folder.empty()) continue;
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (::access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate)) return candidate;
  }
  return std::nullopt;
}

Child spawn(const ChildOptions& options) {
  const auto program = find_program(options.argv.at(0));
  if (!program) throw Error::format(Code::kNotFound, "{}: program not found", options.argv[0]);

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "pipe");
  const fs::FileDescriptor read_end(ends[0]);
  fs::FileDescriptor write_end(ends[1]);

  Prepared prepared;
  std::vector<std::string> arguments = options.argv;
  std::vector<std::string> environment = child_environment(options);
  prepared.program = program->string();
  prepared.argv = pointers(arguments);
  prepared.envp = pointers(environment);
  prepared.directory = options.directory ? options.directory->c_str() : nullptr;
  prepared.keep = options.pass_fds;
  std::sort(prepared.keep.begin(), prepared.keep.end());
  prepared.error_pipe = write_end.get();
  prepared.parent = ::getpid();

  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = begin_child(options, prepared);
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) throw_errno(fork_error, "fork");
  write_end.reset();

  int error_number = 0;
  ssize_t count = 0;
  do {
    count = ::read(read_end.get(), &error_number, sizeof error_number);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof error_number) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    throw_errno(error_number, "run " + prepared.program);
  }
  fs::FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) throw_errno(errno, "pidfd_open");
  return Child(pid, std::move(pidfd));
}

ExitStatus Child::wait() {
  siginfo_t info = {};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) != 0) {
    if (errno != EINTR) throw_errno(errno, "wait for a child");
  }
  return from_siginfo(info);
}

std::optional<ExitStatus> Child::wait_for(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    struct pollfd item = {.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&item, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return wait();
    if (ready == 0) return std::nullopt;
    if (errno != EINTR) throw_errno(errno, "wait for a child");
  }
}

void Child::signal(int number) { ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0); }

RunResult run(ChildOptions options, std::string_view input, std::chrono::milliseconds timeout, std::size_t limit) {
  int in[2], out[2], err[2];
  if (::pipe2(in, O_CLOEXEC) != 0) throw_errno(errno, "pipe");
  fs::FileDescriptor in_read(in[0]), in_write(in[1]);
  if (::pipe2(out, O_CLOEXEC) != 0) throw_errno(errno, "pipe");
  fs::FileDescriptor out_read(out[0]), out_write(out[1]);
  if (::pipe2(err, O_CLOEXEC) != 0) throw_errno(errno, "pipe");
  fs::FileDescriptor err_read(err[0]), err_write(err[1]);
  options.stdin_fd = in_read.get();
  options.stdout_fd = out_write.get();
  options.stderr_fd = err_write.get();
  Child child = spawn(options);
  in_read.reset();
  out_write.reset();
  err_write.reset();
  ::fcntl(in_write.get(), F_SETFL, O_NONBLOCK);
  if (input.empty()) in_write.reset();

  // A child that reads no input makes writing raise SIGPIPE: davit ignores that signal (main), tests block it here.
  sigset_t pipe_signal, before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);

  RunResult result;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  bool timed_out = false, cancelled = false;
  std::byte buffer[16 * 1024];
  while (out_read || err_read) {
    if (options.interruptible && interrupted()) {
      cancelled = true;
      break;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      timed_out = true;
      break;
    }
    struct pollfd items[4] = {{out_read.get(), POLLIN, 0},
                              {err_read.get(), POLLIN, 0},
                              {in_write.get(), POLLOUT, 0},
                              {options.interruptible ? interrupt_fd() : -1, POLLIN, 0}};
    if (::poll(items, 4, static_cast<int>(left.count())) < 0) {
      if (errno != EINTR) throw_errno(errno, "poll");
      continue;
    }
    for (int i = 0; i < 2; ++i) {
      if ((items[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
      fs::FileDescriptor& from = i == 0 ? out_read : err_read;
      std::string& to = i == 0 ? result.out : result.err;
      const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
      if (count <= 0) {
        if (count == 0 || errno != EINTR) from.reset();
        continue;
      }
      to.append(as_text(ByteView(buffer).first(static_cast<std::size_t>(count)))
                    .substr(0, limit - std::min(limit, to.size())));
    }
    if (in_write && (items[2].revents & (POLLOUT | POLLERR | POLLHUP)) != 0) {
      const ssize_t count = ::write(in_write.get(), input.data(), input.size());
      if (count > 0) input.remove_prefix(static_cast<std::size_t>(count));
      if (input.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) in_write.reset();
    }
  }
  if (timed_out || cancelled) child.signal(SIGKILL);
  result.status = child.wait();
  const struct timespec no_wait = {0, 0};
  while (::sigtimedwait(&pipe_signal, nullptr, &no_wait) > 0) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (options.interruptible) check_interrupted();  // Ctrl-C at a terminal ends the child as well
  if (timed_out) throw Error::format(Code::kTimeout, "{}: took longer than {} ms", options.argv[0], timeout.count());
  return result;
}

}  // namespace davit::base
