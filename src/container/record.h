#pragma once
// What is kept of a container: its description, which only `rename` and `update` change after its creation, and its
// state. Two files in the container's own folder; docs/formats/containers.md.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/process.h"
#include "container/description.h"

namespace davit::container {

struct Record {
  std::string id;  // 64 hex digits
  base::Time created;
  Description description;
  bool operator==(const Record&) const = default;
};

enum class Status {
  kCreated,   // never started, or its start failed (State::error says why)
  kStarting,  // a davit is at it, or died at it; seen by users as created
  kRunning,
  kPaused,  // running, its processes frozen
  kExited,
  kDead,  // its remains could not be removed
};

constexpr bool is_running(Status status) { return status == Status::kRunning || status == Status::kPaused; }
std::string_view name(Status status);  // "created", "running", … as docker has it

struct State {
  Status status = Status::kCreated;
  std::optional<base::ProcessIdentity> init, conmon;  // while starting or running
  std::string runtime_name;                           // what runs it: "crun" or "runc"
  std::filesystem::path runtime_path;
  std::string cgroup;                           // its group, below each hierarchy's mount; empty: never started
  std::optional<base::Time> started, finished;  // of the last run
  int exit_code = 0;                            // of the last run; 125 to 127 when its start failed
  bool oom_killed = false;                      // the kernel ended a process of the last run for want of memory
  std::string error;                            // why the start failed, or the end was not the program's own
  bool operator==(const State&) const = default;
};

std::string to_json(const Record& record);
std::string to_json(const State& state);
// Throw Error(kCorrupt) naming `path` for what is not a record, Error(kNotSupported) for a newer davit's.
Record parse_record(std::string_view json, const std::filesystem::path& path);
State parse_state(std::string_view json, const std::filesystem::path& path);

}  // namespace davit::container
