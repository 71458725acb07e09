#pragma once
// A container's streams in the hands of whoever waits for it: `run`, `start -a`, `attach`, and `wait`, which wants its
// exit code alone.

#include <optional>
#include <string>

#include "container/container_store.h"

namespace davit::container {

struct AttachOptions {
  runtime::Streams streams;     // input is passed on only to a container that keeps it open
  bool forward_signals = true;  // else an interruption ends our part, Error(kCancelled), and the container goes on
  std::string detach_keys;      // as bytes; empty: none
  int window = -1;              // a terminal whose size that of the container follows
};

// Starts it with its streams attached, waits for its end and returns its exit code, when all of its output has been
// written; nothing when we were detached by the keys and it goes on.
// One that runs already is attached to. Throws as ContainerStore::start does.
std::optional<int> start_attached(ContainerStore& store, const std::string& id, const AttachOptions& options);

// The same for one that runs; its output from here on. Throws Error(kConflict, "Container ID is not running").
std::optional<int> attach(ContainerStore& store, const std::string& id, const AttachOptions& options);

// Waits for the end of the container's run, or of that run of one removed at its end which nobody waited for yet, and
// returns its exit code. Of one that does not run: that of its last run. By full ID, name, or prefix. Throws
// Error(kNotFound) with docker's words, Error(kCancelled) when we are interrupted.
int wait(ContainerStore& store, const std::string& text);

}  // namespace davit::container
