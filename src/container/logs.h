#pragma once
// What `logs` shows of a container's output.

#include <cstdint>
#include <functional>
#include <optional>

#include "container/container_store.h"
#include "container/log_reader.h"

namespace davit::container {

struct LogOptions {
  std::optional<std::uint64_t> tail;  // the last lines, counted before the times count
  std::optional<base::Time> since, until;
  bool follow = false;  // on, until the run ends that is under way (if one is)
};

// Calls `show` with each entry, in the order in which they were written, and `idle` before it waits for more. Returns
// how many damaged lines of the file were left out. Throws Error(kNotSupported, "configured logging driver does not
// support reading") where none is kept, and Error(kCancelled) when we are interrupted while we wait.
std::uint64_t read_logs(ContainerStore& store, const std::string& id, const LogOptions& options,
                        const std::function<void(const LogEntry&)>& show, const std::function<void()>& idle);

}  // namespace davit::container
