#pragma once
// Further processes in a container that runs. Each is a session with a folder of its own, RUN/containers/ID/exec/*,
// which goes when it has ended: by who waits for it, by conmon's exit command, or by the next exec or the container's
// end where those died.

#include <optional>
#include <string>
#include <vector>

#include "container/attach.h"

namespace davit::container {

struct ExecOptions {
  std::vector<std::string> command;  // at least one word
  std::vector<std::string> env;      // "NAME=value", besides the container's
  std::string user;                  // docker's -u; empty: the container's
  std::string working_dir;           // empty: the container's
  bool terminal = false;
  bool open_stdin = false;
  bool privileged = false;
};

// Throws Error(kConflict) with docker's words for a container that does not run, or is paused: `name` is how the user
// called it.
void check_exec(ContainerStore& store, const std::string& id, const std::string& name);

// Runs it with its streams attached, waits for its end and returns its exit code, when all of its output has been
// written; nothing when we were detached and it goes on. Throws Error with docker's words when it cannot be started.
// Signals are not forwarded: an interruption ends our part alone, Error(kCancelled).
std::optional<int> exec(ContainerStore& store, const std::string& id, const ExecOptions& options,
                        const AttachOptions& attach);

// Starts it and returns; its output goes nowhere.
void exec_detached(ContainerStore& store, const std::string& id, const ExecOptions& options);

// conmon's exit command for a session: removes its folder. Idempotent.
void exec_ended(ContainerStore& store, const std::string& id, const std::string& session);

}  // namespace davit::container
