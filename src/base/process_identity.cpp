#include <cerrno>
#include <charconv>
#include <span>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/process.h"
#include "base/strings.h"

namespace davit::base {

namespace {

struct StatLine {
  char state = '?';
  std::uint64_t start_time = 0;
};

constexpr std::size_t kMostOfStat = 4096;  // 52 numbers and a short name

// Fields 3 and 22 of /proc/PID/stat, proc(5). The second field is the name in parentheses, which may hold anything.
std::optional<StatLine> read_stat(int pid) {
  char buffer[kMostOfStat];
  std::string_view text;
  try {
    auto file = fs::File::open_if_exists("/proc/" + std::to_string(pid) + "/stat");
    if (!file) return std::nullopt;
    text = {buffer, file->read(std::as_writable_bytes(std::span(buffer)))};  // procfs gives the line at once
  } catch (const std::exception&) {                                          // ESRCH: it ended between open and read
    return std::nullopt;
  }
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 > text.size()) return std::nullopt;
  const auto fields = split(text.substr(name_end + 2), ' ');
  if (fields.size() < 20 || fields[0].empty()) return std::nullopt;
  StatLine line;
  line.state = fields[0][0];
  std::from_chars(fields[19].data(), fields[19].data() + fields[19].size(), line.start_time);
  return line;
}

bool is_dead(char state) { return state == 'Z' || state == 'X' || state == 'x'; }

fs::FileDescriptor open_pidfd(int pid) {
  return fs::FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

std::string boot_id() {
  static const std::string id(trim(fs::read_file("/proc/sys/kernel/random/boot_id")));
  return id;
}

std::optional<ProcessIdentity> ProcessIdentity::of(int pid) {
  const int asked = pid == 0 ? static_cast<int>(getpid()) : pid;
  const auto line = read_stat(asked);
  if (!line || is_dead(line->state)) return std::nullopt;
  return ProcessIdentity{.boot_id = base::boot_id(), .pid = asked, .start_time = line->start_time};
}

bool ProcessIdentity::alive() const {
  if (pid <= 0 || boot_id != base::boot_id()) return false;
  const auto line = read_stat(pid);
  return line && !is_dead(line->state) && line->start_time == start_time;
}

fs::FileDescriptor ProcessIdentity::open() const {
  if (pid <= 0) return {};
  fs::FileDescriptor pidfd = open_pidfd(pid);
  // The descriptor pins whoever has the PID now; only then is it safe to ask whether that is the one we mean.
  if (pidfd && !alive()) pidfd.reset();
  return pidfd;
}

bool ProcessIdentity::signal(int number) const {
  const fs::FileDescriptor pidfd = open();
  if (!pidfd) return false;
  return ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0) == 0;
}

bool ProcessIdentity::wait_gone(std::chrono::milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const fs::FileDescriptor pidfd = open_pidfd(pid);
  if (!pidfd) return !alive();
  while (alive()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    struct pollfd item = {.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    if (::poll(&item, 1, static_cast<int>(left.count())) > 0) return true;
  }
  return true;
}

}  // namespace davit::base
