#pragma once
// One more process of a running container, as the runtime-spec's "process". Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/terminal.h"
#include "runtime/spec.h"
#include "runtime/user.h"

namespace davit::runtime {

struct ExecProcess {
  std::vector<std::string> args;  // at least one
  std::vector<std::string> env;
  std::string working_dir;  // empty: the container's
  User user;
  bool terminal = false;
  base::WindowSize window;  // of the terminal, at first; zero: not known
  bool privileged = false;  // all capabilities that we have
};

// What the container's own config.json leaves to such a process (capabilities, limits, no_new_privileges, …), and what
// is its own. Throws Error(kCorrupt) for what is no config.json.
std::string exec_process_json(std::string_view config_json, const ExecProcess& process, const HostLimits& host);

}  // namespace davit::runtime
