#pragma once
// What is kept of a container: its description, which never changes after its creation, and its state. Two files in the
// container's own folder; docs/formats/containers.md.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/process.h"
#include "container/volume.h"
#include "oci/digest.h"
#include "runtime/spec.h"

namespace davit::container {

// What the caller decides: the image's configuration merged with the command line.
struct Description {
  std::string name;  // without the slash; empty at creation: one is found
  std::optional<oci::Digest> image;
  std::string image_reference;        // as typed: what `ps` shows while it means the image
  std::vector<oci::Digest> diff_ids;  // bottom first
  std::vector<std::string> args;      // entrypoint and command
  std::vector<std::string> env;       // "NAME=value", the image's and then the command line's; later ones win
  std::string user;                   // docker's -u
  std::string working_dir;            // empty: "/"
  std::string hostname;               // empty: the ID's first 12 digits, or the host's name with the host's network
  std::vector<BindVolume> volumes;
  runtime::NetworkMode network = runtime::NetworkMode::kNone;
  std::string stop_signal;  // "SIGTERM", "15"; empty: SIGTERM
  bool auto_remove = false;
  bool open_stdin = false;
  bool terminal = false;
  bool operator==(const Description&) const = default;
};

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
  kExited,
  kDead,  // its remains could not be removed
};

std::string_view name(Status status);  // "created", "running", … as docker has it

struct State {
  Status status = Status::kCreated;
  std::optional<base::ProcessIdentity> init, conmon;  // while starting or running
  std::string runtime_name;                           // what runs it: "crun" or "runc"
  std::filesystem::path runtime_path;
  std::optional<base::Time> started, finished;  // of the last run
  int exit_code = 0;                            // of the last run; 125 to 127 when its start failed
  std::string error;                            // why the start failed, or the end was not the program's own
  bool operator==(const State&) const = default;
};

std::string to_json(const Record& record);
std::string to_json(const State& state);
// Throw Error(kCorrupt) naming `path` for what is not a record, Error(kNotSupported) for a newer davit's.
Record parse_record(std::string_view json, const std::filesystem::path& path);
State parse_state(std::string_view json, const std::filesystem::path& path);

}  // namespace davit::container
