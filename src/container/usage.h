#pragma once
// What a container takes of the machine, for `stats`.

#include <map>
#include <optional>
#include <string>

#include "container/container_store.h"
#include "runtime/usage.h"

namespace davit::container {

// At this moment; nothing when it does not run.
std::optional<runtime::Usage> read_usage(ContainerStore& store, const std::string& id);

// The share of one CPU that a container took between two looks, in percent: two CPUs busy are 200. Docker's sum: its
// time over that of the whole machine, times the number of CPUs.
double cpu_percent(const runtime::Usage& before, const runtime::Usage& now);
double memory_percent(const runtime::Usage& usage);

}  // namespace davit::container
