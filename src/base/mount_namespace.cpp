#include "base/mount_namespace.h"

#include <cerrno>
#include <charconv>

#include <sched.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/own_thread.h"
#include "base/process.h"

namespace davit::base {

namespace {

std::string namespace_path(const std::string& process) { return "/proc/" + process + "/ns/mnt"; }

// Opened before it is asked which one it is: a process may leave it, or end, at any time.
std::optional<fs::FileDescriptor> open_if_in(const std::string& process, std::uint64_t inode) {
  try {
    struct stat status = {};
    const std::string path = namespace_path(process);
    if (::stat(path.c_str(), &status) != 0 || status.st_ino != inode) return std::nullopt;
    auto file = fs::File::open_if_exists(path);
    if (!file || file->status().st_ino != inode) return std::nullopt;
    return file->take_fd();
  } catch (const Error&) {  // it ended, or is not ours to look at
    return std::nullopt;
  }
}

}  // namespace

MountNamespace MountNamespace::current() {
  struct stat status = {};
  if (::stat("/proc/thread-self/ns/mnt", &status) != 0) throw_errno(errno, "stat /proc/thread-self/ns/mnt");
  return {.boot_id = base::boot_id(), .inode = status.st_ino};
}

std::optional<fs::FileDescriptor> MountNamespace::open(const std::vector<int>& hints) const {
  if (boot_id != base::boot_id()) return std::nullopt;
  if (auto fd = open_if_in("1", inode)) return fd;
  for (const int pid : hints) {
    if (auto fd = open_if_in(std::to_string(pid), inode)) return fd;
  }
  for (const auto& name : fs::list("/proc")) {
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    if (auto fd = open_if_in(name, inode)) return fd;
  }
  return std::nullopt;
}

void run_in(const fs::FileDescriptor& mount_namespace, const std::function<void()>& work) {
  run_in_own_thread([&] {
    // The working directory and root, which change with the namespace, are shared with the other threads till then.
    if (::unshare(CLONE_FS) != 0) throw_errno(errno, "unshare the working directory");
    if (::setns(mount_namespace.get(), CLONE_NEWNS) != 0) throw_errno(errno, "enter a mount namespace");
    work();
  });
}

void run_in_private(const std::function<void()>& work) {
  run_in_own_thread([&] {
    fs::enter_private_mount_namespace();
    work();
  });
}

}  // namespace davit::base
