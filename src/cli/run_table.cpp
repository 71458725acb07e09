// The rows of the command table for run, create and container inspect; their flags are in run_flags_*.cpp.

#include "cli/command_rows.h"
#include "cli/run_flags.h"

namespace davit::cli {

std::vector<Command> run_commands() {
  constexpr const char* kArguments = "[OPTIONS] IMAGE [COMMAND] [ARG...]";
  return {
      {.name = "container inspect",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Display detailed information on one or more containers",
       .flags = {kInspectFormat, {.name = "size", .letter = 's', .help = "Display total file sizes"}},
       .least = 1,
       .handler = run_container_inspect},
      {.name = "create",
       .arguments = kArguments,
       .summary = "Create a new container",
       .flags = flags_of_create(),
       .least = 1,
       .handler = run_create,
       .flags_end_at_argument = true,
       .aliases = {"container create"}},
      {.name = "run",
       .arguments = kArguments,
       .summary = "Create and run a new container from an image",
       .flags = flags_of_run(),
       .least = 1,
       .handler = run_run,
       .flags_end_at_argument = true,
       .aliases = {"container run"}},
  };
}

}  // namespace davit::cli
