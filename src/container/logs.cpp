#include "container/logs.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "container/held_container.h"
#include "container/log_tail.h"

namespace davit::container {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

// Tells when a file has grown, and when the conmon that writes it is gone.
class LogWatch {
 public:
  LogWatch(const std::filesystem::path& file, const base::ProcessIdentity& conmon)
      : changes_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
        conmon_(static_cast<int>(::syscall(SYS_pidfd_open, conmon.pid, 0))),
        ended_(!conmon.alive()) {
    if (!changes_ || ::inotify_add_watch(changes_.get(), file.c_str(), IN_MODIFY) < 0) {
      base::throw_errno(errno, "watch " + file.string());
    }
  }

  // Waits for either, or for `until`; false when there will be nothing more.
  bool wait(std::optional<base::Time> until) {
    if (ended_) return false;
    std::array<pollfd, 3> polls = {pollfd{changes_.get(), POLLIN, 0}, pollfd{conmon_.get(), POLLIN, 0},
                                   pollfd{base::interrupt_fd(), POLLIN, 0}};
    int timeout = -1;
    if (until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - base::now());
      if (left.count() <= 0) return false;
      timeout = static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
    }
    if (::poll(polls.data(), polls.size(), timeout) < 0 && errno != EINTR) base::throw_errno(errno, "poll");
    base::check_interrupted();
    std::array<char, 4096> events;
    while (::read(changes_.get(), events.data(), events.size()) > 0) {
    }
    ended_ = polls[1].revents != 0;  // what it wrote before is there now: one more round
    return true;
  }

 private:
  fs::FileDescriptor changes_, conmon_;
  bool ended_;
};

}  // namespace

std::uint64_t read_logs(ContainerStore& store, const std::string& id, const LogOptions& options,
                        const std::function<void(const LogEntry&)>& show, const std::function<void()>& idle) {
  const auto container = store.get(id);
  if (container.record.description.log.driver == "none") {
    throw Error(Code::kNotSupported, "configured logging driver does not support reading");
  }
  auto file = fs::File::open_if_exists(store.log_file(id));
  if (!file) return 0;  // never started
  std::optional<LogWatch> watch;
  if (options.follow && container.running()) watch.emplace(store.log_file(id), *container.state.conmon);

  const auto tail = options.tail ? find_log_tail(*file, file->size(), *options.tail) : LogTail();
  std::uint64_t skip = tail.skip;
  fs::FileSource source(std::move(*file), tail.offset);
  LogReader reader(source);
  const auto wanted = [&](const LogEntry& entry) {
    if (skip > 0) {
      if (entry.text.ends_with('\n')) --skip;
      return false;
    }
    return !options.since || entry.time >= *options.since;
  };
  const auto too_late = [&](const LogEntry& entry) { return options.until && entry.time > *options.until; };
  for (bool more = true; more;) {
    while (auto entry = reader.next()) {
      if (too_late(*entry)) return reader.damaged();
      if (wanted(*entry)) show(*entry);
    }
    idle();
    more = watch && watch->wait(options.until);
  }
  while (auto entry = reader.unfinished()) {
    if (!too_late(*entry) && wanted(*entry)) show(*entry);
  }
  idle();
  return reader.damaged();
}

}  // namespace davit::container
