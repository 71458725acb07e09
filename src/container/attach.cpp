#include "container/attach.h"

#include <cerrno>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/interrupt.h"
#include "container/exit_table.h"
#include "container/held_container.h"

namespace davit::container {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

// The exit code of one run. Whoever cleans up writes it into the file before that loses its name, so the descriptor
// keeps it, whatever becomes of the container.
class RunResult {
 public:
  explicit RunResult(const runtime::Bundle& bundle) : id_(bundle.id), file_(fs::File::open(bundle.folder / "result")) {}

  // After the end, once that has been settled.
  int exit_code(ContainerStore& store) const {
    char digits[16] = {};
    const auto count = file_.read_at(std::as_writable_bytes(std::span(digits)), 0);
    if (count == 0) throw Error::format(Code::kInternal, "container {} ended without an exit code", id_);
    store.exit_table().forget(id_);  // it is told now
    return std::stoi(std::string(digits, count));
  }

 private:
  std::string id_;
  fs::File file_;
};

runtime::RelayOptions relay_options(const AttachOptions& options, const runtime::Bundle& bundle,
                                    runtime::SignalCatcher* signals) {
  runtime::RelayOptions relay = {.streams = options.streams, .signals = signals, .window = options.window};
  if (!bundle.open_stdin) relay.streams.in = -1;
  if (bundle.terminal) relay.detach_keys = options.detach_keys;
  return relay;
}

// Returns when the process has ended, or throws Error(kCancelled).
void wait_gone(const base::ProcessIdentity& process) {
  const fs::FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  while (process.alive()) {
    pollfd polls[] = {{pidfd.get(), POLLIN, 0}, {base::interrupt_fd(), POLLIN, 0}};
    if (::poll(polls, 2, -1) < 0 && errno != EINTR) base::throw_errno(errno, "poll");
    base::check_interrupted();
    if (polls[0].revents != 0) return;
  }
}

}  // namespace

std::optional<int> start_attached(ContainerStore& store, const std::string& id, const AttachOptions& options) {
  std::optional<runtime::SignalCatcher> signals;
  if (options.forward_signals) signals.emplace();
  std::optional<runtime::Attachment> attachment;
  std::optional<runtime::Created> processes;
  std::optional<RunResult> result;
  runtime::Bundle bundle;
  {
    auto held = store.hold(id);
    if (held.state().status == Status::kPaused) {
      throw Error(Code::kConflict, "cannot start a paused container, try unpause instead");
    }
    bundle = held.bundle();
    if (!held.running()) {
      processes = held.start([&] {
        attachment = runtime::Attachment::connect(bundle);
        result.emplace(bundle);
        if (const auto size = base::window_size(options.window)) runtime::resize_terminal(bundle, *size);
      });
    }
  }
  if (!processes) return attach(store, id, options);
  const auto relay = relay_options(options, bundle, signals ? &*signals : nullptr);
  if (attachment->relay(bundle, *processes, relay) != runtime::RelayEnd::kExited) return {};
  store.record_end(id);
  return result->exit_code(store);
}

std::optional<int> attach(ContainerStore& store, const std::string& id, const AttachOptions& options) {
  std::optional<runtime::SignalCatcher> signals;
  if (options.forward_signals) signals.emplace();
  std::optional<runtime::Attachment> attachment;
  std::optional<runtime::Created> processes;
  std::optional<RunResult> result;
  runtime::Bundle bundle;
  {
    auto held = store.hold(id);
    held.require_running();
    bundle = held.bundle();
    processes = {*held.state().init, *held.state().conmon};
    attachment = runtime::Attachment::connect(bundle);
    result.emplace(bundle);
  }
  if (const auto size = base::window_size(options.window)) {
    // Another size first, so that a program draws its screen anew for us, as docker has it.
    runtime::resize_terminal(bundle, {.rows = size->rows + 1, .columns = size->columns + 1});
  }
  const auto relay = relay_options(options, bundle, signals ? &*signals : nullptr);
  if (attachment->relay(bundle, *processes, relay) != runtime::RelayEnd::kExited) return {};
  store.record_end(id);
  return result->exit_code(store);
}

int wait(ContainerStore& store, const std::string& text) {
  const auto container = store.find(text);
  if (!container) {
    const auto exit = store.exit_table().find(text);
    if (!exit) store.get(text);  // says so in docker's words
    store.exit_table().forget(exit->id);
    return exit->exit_code;
  }
  std::optional<base::ProcessIdentity> conmon;
  std::optional<RunResult> result;
  try {
    auto held = store.hold(container->id());
    if (!held.running()) return held.state().exit_code;
    conmon = held.state().conmon;
    result.emplace(held.bundle());
  } catch (const Error& error) {  // it went in between
    const auto exit = store.exit_table().find(container->id());
    if (error.code() != Code::kNotFound || !exit) throw;
    store.exit_table().forget(exit->id);
    return exit->exit_code;
  }
  wait_gone(*conmon);
  store.record_end(container->id());
  return result->exit_code(store);
}

}  // namespace davit::container
