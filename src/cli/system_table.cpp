// The rows of the command table for the program and the machine.

#include "cli/command_rows.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> system_commands() {
  return {
      {.name = "completion",
       .arguments = "bash|zsh|fish",
       .summary = "Print the completion script of a shell",
       .least = 1,
       .most = 1,
       .handler = run_completion},
      {.name = "info",
       .arguments = "[OPTIONS]",
       .summary = "Show what davit found on this machine and chose",
       .flags = {kInspectFormat},
       .most = 0,
       .handler = run_info},
      {.name = "internal complete",
       .arguments = "[WORD...]",
       .summary = "Complete the last of the words after davit (called by the shells' scripts)",
       .handler = run_internal_complete,
       .flags_end_at_argument = true,
       .hidden = true},
      {.name = "internal exited",
       .arguments = "CONTAINER [SESSION]",
       .summary = "Record the end of a container, or of a command in it (called by conmon)",
       .least = 1,
       .most = 2,
       .handler = run_internal_exited,
       .hidden = true},
      {.name = "internal manual",
       .arguments = "[OPTIONS] DIR",
       .summary = "Write the manual (called by the build)",
       .flags =
           {{.name = "format", .kind = kString, .help = "Markdown or manual pages: md, man", .default_text = "man"}},
       .least = 1,
       .most = 1,
       .handler = run_internal_manual,
       .hidden = true},
      {.name = "system df",
       .arguments = "[OPTIONS]",
       .summary = "Show what the store takes of the disk",
       .flags = {kFormat, {.name = "verbose", .letter = 'v', .help = "Show detailed information on space usage"}},
       .most = 0,
       .handler = run_system_df},
      {.name = "system prune",
       .arguments = "[OPTIONS]",
       .summary = "Remove unused data",
       .flags = {{.name = "all", .letter = 'a', .help = "Remove all unused images not just dangling ones"},
                 kPruneFilter,
                 kPruneForce,
                 {.name = "volumes", .help = "Prune anonymous volumes"}},
       .most = 0,
       .handler = run_system_prune},
      {.name = "version",
       .arguments = "[OPTIONS]",
       .summary = "Show the davit version information",
       .flags = {kInspectFormat},
       .most = 0,
       .handler = run_version},
  };
}

}  // namespace davit::cli
