#include "network/namespace.h"

#include <cerrno>
#include <charconv>

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/own_thread.h"

namespace davit::network {

namespace fs = base::fs;

Namespace Namespace::create() {
  fs::FileDescriptor made;
  base::run_in_own_thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) base::throw_errno(errno, "make a network namespace");
    made = fs::File::open("/proc/thread-self/ns/net").take_fd();
  });
  return Namespace(std::move(made));
}

Namespace Namespace::of(int pid) {
  return Namespace(fs::File::open("/proc/" + std::to_string(pid) + "/ns/net").take_fd());
}

std::optional<int> Namespace::member(std::uint64_t inode) {
  for (const auto& name : fs::list("/proc")) {
    int pid = 0;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), pid).ptr;
    if (end != name.data() + name.size()) continue;
    struct stat status {};
    if (::stat(("/proc/" + name + "/ns/net").c_str(), &status) == 0 && status.st_ino == inode) return pid;
  }
  return {};
}

std::uint64_t Namespace::inode() const {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) base::throw_errno(errno, "look at a network namespace");
  return status.st_ino;
}

std::string Namespace::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_.get());
}

void Namespace::run(const std::function<void()>& work) const {
  base::run_in_own_thread([&] {
    if (::setns(fd_.get(), CLONE_NEWNET) != 0) base::throw_errno(errno, "enter a network namespace");
    work();
  });
}

}  // namespace davit::network
