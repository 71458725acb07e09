#include "container/stop.h"

#include <algorithm>
#include <csignal>

#include <poll.h>

#include "base/interrupt.h"
#include "base/log.h"
#include "container/held_container.h"
#include "container/pause.h"
#include "container/signals.h"

namespace davit::container {

namespace {

using base::Code;
using base::Error;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kDefaultTimeout(10);
constexpr std::chrono::seconds kKillTimeout(10);
constexpr std::chrono::seconds kLongestTimeout(std::chrono::hours(24 * 365));  // a clock has an end

class Stopper {
 public:
  Stopper(ContainerStore& store, const StopOptions& options, const StopDone& done)
      : store_(store), options_(options), done_(done) {}

  // Sends the signal.
  void begin(std::size_t index, const std::string& id) {
    try {
      Container container = store_.get(id);
      if (container.state.status == Status::kStarting) {  // by another davit: that comes first
        store_.hold(id);
        container = store_.get(id);
      }
      if (!container.running() || !container.state.init) {
        finish(index, id);
        return;
      }
      const Description& description = container.record.description;
      const int own = description.stop_signal.empty() ? SIGTERM : parse_signal(description.stop_signal);
      Stopping one{index, id, *container.state.init, container.state.init->open(), {}, false};
      one.init.signal(options_.signal.value_or(own));
      if (container.state.status == Status::kPaused) resume_if_paused(id);
      const auto timeout =
          options_.timeout.value_or(std::chrono::seconds(description.stop_timeout.value_or(kDefaultTimeout.count())));
      if (timeout.count() >= 0) one.deadline = Clock::now() + std::min(timeout, kLongestTimeout);
      if (one.pidfd) {
        under_way_.push_back(std::move(one));
      } else {
        finish(index, id);
      }
    } catch (const Error& error) {
      fail(index, error);
    }
  }

  void wait_for_all() {
    while (!under_way_.empty()) {
      wait();
      for (std::size_t i = under_way_.size(); i-- > 0;) {
        if (!look_at(under_way_[i])) under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }

 private:
  struct Stopping {
    std::size_t index;
    std::string id;
    base::ProcessIdentity init;
    base::fs::FileDescriptor pidfd;
    std::optional<Clock::time_point> deadline;
    bool killed;
    bool ended = false;
  };

  // Until one has ended or is due.
  void wait() {
    std::vector<struct pollfd> polled;
    auto next = Clock::time_point::max();
    for (const Stopping& one : under_way_) {
      polled.push_back({.fd = one.pidfd.get(), .events = POLLIN, .revents = 0});
      if (one.deadline) next = std::min(next, *one.deadline);
    }
    for (const int fd : base::interrupt_fds()) polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    int patience = -1;
    if (next != Clock::time_point::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
      patience = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
    ::poll(polled.data(), polled.size(), patience);
    base::check_interrupted();
    for (std::size_t i = 0; i < under_way_.size(); ++i) under_way_[i].ended = polled[i].revents != 0;
  }

  // False when it is done with.
  bool look_at(Stopping& one) try {
    if (one.ended) {
      finish(one.index, one.id);
      return false;
    }
    if (!one.deadline || Clock::now() < *one.deadline) return true;
    if (one.killed) {
      throw Error::format(Code::kTimeout, "container {} did not end {} seconds after SIGKILL", one.id,
                          kKillTimeout.count());
    }
    one.killed = true;
    one.deadline = Clock::now() + kKillTimeout;
    one.init.signal(SIGKILL);
    resume_if_paused(one.id);  // a frozen process does not die
    return true;
  } catch (const Error& error) {
    fail(one.index, error);
    return false;
  }

  // Where that fails it may end all the same: by then it is known.
  void resume_if_paused(const std::string& id) {
    try {
      HeldContainer held = store_.hold(id);
      if (held.state().status == Status::kPaused) unpause(held);
    } catch (const Error& error) {
      if (error.code() == Code::kCancelled) throw;
      base::log::info("container {} is not resumed for its stop: {}", id, error.message());
    }
  }

  void finish(std::size_t index, const std::string& id) {
    store_.exited(id);
    done_(index, nullptr);
  }

  void fail(std::size_t index, const Error& error) {
    if (error.code() == Code::kCancelled) throw error;
    done_(index, &error);
  }

  ContainerStore& store_;
  const StopOptions& options_;
  const StopDone& done_;
  std::vector<Stopping> under_way_;
};

}  // namespace

void stop(ContainerStore& store, const std::vector<std::string>& ids, const StopOptions& options,
          const StopDone& done) {
  Stopper stopper(store, options, done);
  for (std::size_t i = 0; i < ids.size(); ++i) stopper.begin(i, ids[i]);
  stopper.wait_for_all();
}

void stop(ContainerStore& store, const std::string& id, const StopOptions& options) {
  std::optional<Error> failure;
  stop(store, std::vector{id}, options, [&](std::size_t, const Error* error) {
    if (error != nullptr) failure = *error;
  });
  if (failure) throw Error(*failure);
}

void restart(ContainerStore& store, const std::string& id, const StopOptions& options) {
  std::optional<base::FileLock> kept;
  if (store.get(id).record.description.auto_remove) {
    const auto path = store.hold(id).folder() / kRestartLock;
    kept = base::FileLock::acquire(path, base::FileLock::Mode::kShared);
  }
  stop(store, id, options);
  store.start(id);
}

}  // namespace davit::container
