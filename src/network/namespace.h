#pragma once
// Network namespaces. network_namespaces(7).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/fs/file.h"

namespace davit::network {

// One of them, kept by a descriptor: it lives as long as the descriptor, a process in it, or a mount of it does.
class Namespace {
 public:
  // A new one, with nothing but a loopback link that is down. Needs CAP_SYS_ADMIN.
  static Namespace create();
  // That of a process. Throws Error(kNotFound) when it has ended.
  static Namespace of(int pid);
  // A process that is in the namespace of that inode, if there is one.
  static std::optional<int> member(std::uint64_t inode);

  std::uint64_t inode() const;  // its number, as long as it lives
  int fd() const { return fd_.get(); }
  // What a program that runs besides us can open, as long as we keep it: "/proc/PID/fd/N".
  std::string path() const;
  // Runs the work in a thread that has entered it.
  void run(const std::function<void()>& work) const;

 private:
  explicit Namespace(base::fs::FileDescriptor fd) : fd_(std::move(fd)) {}
  base::fs::FileDescriptor fd_;
};

}  // namespace davit::network
