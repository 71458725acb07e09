#include "container/kill.h"

#include <csignal>

#include "base/error.h"
#include "container/held_container.h"
#include "container/pause.h"
#include "container/signals.h"

namespace davit::container {

namespace {

constexpr std::chrono::seconds kKillTimeout(10);

bool resumes(const Description& description, int signal) {
  return signal == SIGKILL || description.stop_signal.empty() || signal == parse_signal(description.stop_signal);
}

}  // namespace

void kill(ContainerStore& store, const std::string& id, int signal) {
  base::ProcessIdentity init;
  {
    HeldContainer held = store.hold(id);
    held.require_running();
    init = *held.state().init;
    init.signal(signal);
    if (held.state().status == Status::kPaused && resumes(held.record().description, signal)) unpause(held);
  }
  if (signal != SIGKILL) return;
  if (!init.wait_gone(kKillTimeout)) {
    throw base::Error::format(base::Code::kTimeout, "container {} did not end {} seconds after SIGKILL", id,
                              kKillTimeout.count());
  }
  store.exited(id);
}

}  // namespace davit::container
