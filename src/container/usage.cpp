#include "container/usage.h"

#include "base/error.h"
#include "container/held_container.h"

namespace davit::container {

std::optional<runtime::Usage> read_usage(ContainerStore& store, const std::string& id) {
  try {
    HeldContainer held = store.hold(id);
    if (!held.running()) return {};
    return held.runtime().usage(held.bundle(), held.state().init->pid);
  } catch (const base::Error& error) {
    if (error.code() != base::Code::kNotFound) throw;
    return {};
  }
}

double cpu_percent(const runtime::Usage& before, const runtime::Usage& now) {
  // Counters of another run of the container begin anew.
  if (now.cpu_ns <= before.cpu_ns || now.system_cpu_ns <= before.system_cpu_ns) return 0;
  const auto own = static_cast<double>(now.cpu_ns - before.cpu_ns);
  const auto all = static_cast<double>(now.system_cpu_ns - before.system_cpu_ns);
  return own / all * now.online_cpus * 100;
}

double memory_percent(const runtime::Usage& usage) {
  if (usage.memory_limit == 0) return 0;
  return static_cast<double>(usage.memory) / static_cast<double>(usage.memory_limit) * 100;
}

}  // namespace davit::container
