#include "network/namespace.h"

#include <cerrno>

#include <sched.h>
#include <unistd.h>

#include "base/error.h"
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
