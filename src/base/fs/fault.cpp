#include "base/fs/fault.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace davit::base::fs {

namespace {

FaultHook hook;
std::atomic<bool> hooked = false;

std::atomic<std::uint64_t> calls = 0;
std::string count_file;

void write_count() {
  const std::string line = std::to_string(calls.load()) + "\n";
  const int fd = open(count_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t written = write(fd, line.data(), line.size());
  close(fd);
}

}  // namespace

std::string_view name(Operation operation) {
  switch (operation) {
    case Operation::kOpenForWrite:
      return "open";
    case Operation::kWrite:
      return "write";
    case Operation::kSync:
      return "sync";
    case Operation::kTruncate:
      return "truncate";
    case Operation::kRename:
      return "rename";
    case Operation::kLink:
      return "link";
    case Operation::kRemove:
      return "remove";
    case Operation::kMakeDirectory:
      return "mkdir";
    case Operation::kMakeNode:
      return "mknod";
    case Operation::kSetAttribute:
      return "setattr";
    case Operation::kMount:
      return "mount";
    case Operation::kUnmount:
      return "umount";
  }
  return "unknown";
}

void set_fault_hook(FaultHook new_hook) {
  hook = std::move(new_hook);
  hooked = static_cast<bool>(hook);
}

void install_fault_from_environment() {
  const char* value = std::getenv("DAVIT_FAULT");
  if (value == nullptr) return;
  const std::string_view text = value;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view effect = text.substr(colon + 1);
  if (text.substr(0, colon) == "count") {
    count_file = effect;
    std::atexit(write_count);
    set_fault_hook([](Operation, std::string_view) {
      ++calls;
      return 0;
    });
    return;
  }
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + colon, number);
  const bool kill_process = effect == "kill";
  const int error_number = effect == "ENOSPC" ? ENOSPC : EIO;
  set_fault_hook([number, kill_process, error_number](Operation, std::string_view) {
    if (++calls != number) return 0;
    if (kill_process) kill(getpid(), SIGKILL);
    return error_number;
  });
}

int fault(Operation operation, std::string_view path) {
  if (!hooked.load(std::memory_order_relaxed)) return 0;
  return hook(operation, path);
}

}  // namespace davit::base::fs
