// The rows of the command table for the program and the machine.

#include "cli/command_rows.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> system_commands() {
  return {
      {.name = "info",
       .arguments = "[OPTIONS]",
       .summary = "Show what davit found on this machine and chose",
       .flags = {kInspectFormat},
       .most = 0,
       .handler = run_info},
      {.name = "internal exited",
       .arguments = "CONTAINER",
       .summary = "Record the end of a container (called by conmon)",
       .least = 1,
       .most = 1,
       .handler = run_internal_exited,
       .hidden = true},
      {.name = "version",
       .arguments = "[OPTIONS]",
       .summary = "Show the davit version information",
       .flags = {kInspectFormat},
       .most = 0,
       .handler = run_version},
  };
}

}  // namespace davit::cli
