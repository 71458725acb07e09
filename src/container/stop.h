#pragma once
// Ending containers in good order.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "container/container_store.h"

namespace davit::container {

struct StopOptions {
  std::optional<int> signal;                    // else the container's stop signal, else SIGTERM
  std::optional<std::chrono::seconds> timeout;  // else the container's, else 10 s; negative: never killed
};

// Told of each container as it is done with, in the order in which they end: its place among the IDs, and why it could
// not be stopped, or null.
using StopDone = std::function<void(std::size_t index, const base::Error* error)>;

// Sends each its signal, after its timeout SIGKILL, and cleans up after those that ended; all of them side by side. A
// paused one is resumed, so that it gets the signal. Does nothing to one that does not run. Throws Error(kCancelled)
// when the user interrupts: those that got their signal end by themselves.
void stop(ContainerStore& store, const std::vector<std::string>& ids, const StopOptions& options, const StopDone& done);
// One; throws its error.
void stop(ContainerStore& store, const std::string& id, const StopOptions& options = {});

// Stops it and starts it again; one that is to be removed at its end stays.
void restart(ContainerStore& store, const std::string& id, const StopOptions& options = {});

}  // namespace davit::container
