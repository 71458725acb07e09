#pragma once
// For tests: parts of a test that run, and die, in processes of their own.

#include <csignal>
#include <functional>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs/fault.h"

namespace davit::test {

// Starts a process that does `act` and exits with what it returns, or with 99 where it throws: without destructors or
// the end of the test program.
template <typename Act>
pid_t start_child(const Act& act) {
  const pid_t child = ::fork();
  EXPECT_GE(child, 0);
  if (child == 0) {
    int code = 99;
    try {
      code = act();
    } catch (...) {
    }
    ::_exit(code);
  }
  return child;
}

// Waits for its end; the status as waitpid gives it.
inline int wait_for(pid_t child) {
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

// The same act in `count` processes at once, each told its number; their statuses.
template <typename Act>
std::vector<int> in_processes(int count, const Act& act) {
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) children.push_back(start_child([&] { return act(i); }));
  std::vector<int> statuses;
  for (const pid_t child : children) statuses.push_back(wait_for(child));
  return statuses;
}

// Whether a process that does this is killed by its file-changing call number `at`; one that lives to its end must
// succeed.
inline bool dies_at_call(int at, const std::function<void()>& act) {
  const int status = wait_for(start_child([&] {
    int call = 0;
    base::fs::set_fault_hook([&](base::fs::Operation, std::string_view) {
      if (++call == at) ::raise(SIGKILL);
      return 0;
    });
    act();
    return 0;
  }));
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "status " << status;
  return WIFSIGNALED(status);
}

}  // namespace davit::test
