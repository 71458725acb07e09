#pragma once
// For tests: another mount namespace, with a process that lives in it.

#include <functional>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs/mount.h"
#include "base/mount_namespace.h"
#include "base/process.h"
#include "tests/testing/child_process.h"

namespace davit::test {

class Elsewhere {
 public:
  // A copy of ours, as `unshare -m` makes it; `prepare` is done in it first.
  explicit Elsewhere(const std::function<void()>& prepare = [] {}) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    pid_ = start_child([&] {
      base::fs::enter_private_mount_namespace();
      prepare();
      [[maybe_unused]] const auto told = ::write(ready[1], "x", 1);
      while (true) ::pause();
      return 0;
    });
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    struct stat status = {};
    EXPECT_EQ(::stat(("/proc/" + std::to_string(pid_) + "/ns/mnt").c_str(), &status), 0);
    id_ = {.boot_id = base::boot_id(), .inode = status.st_ino};
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;
  ~Elsewhere() { end(); }

  void end() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    wait_for(pid_);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }
  const base::MountNamespace& id() const { return id_; }
  void run(const std::function<void()>& work) const { base::run_in(*id_.open({pid_}), work); }

 private:
  pid_t pid_ = 0;
  base::MountNamespace id_;
};

}  // namespace davit::test
