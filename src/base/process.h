#pragma once
// Child processes: the one way to run one, and how to name a process safely.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <linux/filter.h>

#include "base/fs/file.h"

namespace davit::base {

struct ExitStatus {
  int code = 0;    // exit code; 128 + signal when killed by one
  int signal = 0;  // the signal, or 0
  bool ok() const { return code == 0; }
};

struct ChildOptions {
  std::vector<std::string> argv;                 // argv[0] is looked up on PATH unless it has a slash
  std::map<std::string, std::string> extra_env;  // added to (or replacing) our environment
  bool clear_env = false;                        // begin from an empty environment (PATH is kept)
  std::optional<std::filesystem::path> directory;
  int stdin_fd = -1;                             // -1: /dev/null
  int stdout_fd = -1;                            // -1: inherited
  int stderr_fd = -1;                            // -1: inherited
  std::vector<int> pass_fds;                     // kept open in the child under the same numbers
  bool new_session = false;                      // setsid(2)
  bool die_with_parent = false;                  // PR_SET_PDEATHSIG, SIGKILL
  bool interruptible = false;                    // run() ends it at Ctrl-C
  std::vector<sock_filter> seccomp_filter = {};  // seccomp(2)'s, from its exec on for it and all below it; empty: none
};

// A running child, held by a pidfd. Destroying one that still runs leaves it running (and unreaped by us).
class Child {
 public:
  Child(Child&&) noexcept = default;
  Child& operator=(Child&&) noexcept = default;
  int pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }
  ExitStatus wait();
  std::optional<ExitStatus> wait_for(std::chrono::milliseconds timeout);
  void signal(int number);

 private:
  friend Child spawn(const ChildOptions& options);
  Child(int pid, fs::FileDescriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  int pid_;
  fs::FileDescriptor pidfd_;
};

// Starts a child. Descriptors not named in the options are closed in it, signals are at their defaults and unblocked.
// Throws Error(kNotFound) naming the program when it is not there.
Child spawn(const ChildOptions& options);

struct RunResult {
  ExitStatus status;
  std::string out;
  std::string err;
};

// Runs a child to its end and collects its output (at most `limit` bytes of each). `input` is its standard input.
// Throws Error(kTimeout) after killing it when it takes longer than `timeout`; so too Error(kCancelled) where it is
// interruptible and davit is interrupted.
RunResult run(ChildOptions options, std::string_view input = {},
              std::chrono::milliseconds timeout = std::chrono::minutes(2), std::size_t limit = 4 * 1024 * 1024);

// The path of a program on PATH (and in /usr/sbin, /usr/local/sbin, /sbin), or nothing.
std::optional<std::filesystem::path> find_program(const std::string& name);

// A process, named so that a reused PID or a reboot is never mistaken for it.
struct ProcessIdentity {
  std::string boot_id;  // /proc/sys/kernel/random/boot_id
  int pid = 0;
  std::uint64_t start_time = 0;  // field 22 of /proc/PID/stat, clock ticks since boot

  // Of a live process; nothing when there is none. pid 0 means ourselves.
  static std::optional<ProcessIdentity> of(int pid);
  bool alive() const;               // a zombie is not alive
  bool signal(int number) const;    // through a pidfd; false when it is gone
  fs::FileDescriptor open() const;  // a pidfd, readable when it has ended; none when it is gone
  // Waits until it has ended; false on time-out.
  bool wait_gone(std::chrono::milliseconds timeout) const;
  bool operator==(const ProcessIdentity&) const = default;
};

std::string boot_id();

}  // namespace davit::base
