// The rows of the command table for containers.

#include "cli/command_rows.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> container_commands() {
  return {
      {.name = "ps",
       .arguments = "[OPTIONS]",
       .summary = "List containers",
       .flags = {{.name = "all", .letter = 'a', .help = "Show all containers (default shows just running)"},
                 kFormat,
                 kNoTrunc,
                 {.name = "quiet", .letter = 'q', .help = "Only display container IDs"}},
       .most = 0,
       .handler = run_ps},
      {.name = "rm",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Remove one or more containers",
       .flags = {{.name = "force", .letter = 'f', .help = "Force the removal of a running container (uses SIGKILL)"}},
       .least = 1,
       .handler = run_rm},
      {.name = "run",
       .arguments = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
       .summary = "Create and run a new container from an image",
       .flags = {{.name = "detach", .letter = 'd', .help = "Run container in background and print container ID"},
                 {.name = "entrypoint", .kind = kString, .help = "Overwrite the default ENTRYPOINT of the image"},
                 {.name = "env", .letter = 'e', .kind = kList, .help = "Set environment variables"},
                 {.name = "hostname", .letter = 'h', .kind = kString, .help = "Container host name"},
                 {.name = "interactive", .letter = 'i', .help = "Keep STDIN open even if not attached"},
                 {.name = "name", .kind = kString, .help = "Assign a name to the container"},
                 {.name = "network",
                  .kind = kString,
                  .help = "Connect a container to a network: none or host",
                  .value_name = "network",
                  .values = "none host"},
                 kPlatform,
                 {.name = "pull",
                  .kind = kString,
                  .help = "Pull image before running (\"always\", \"missing\", \"never\")",
                  .default_text = "missing",
                  .values = "always missing never"},
                 {.name = "quiet", .letter = 'q', .help = "Suppress the pull output"},
                 {.name = "rm", .help = "Automatically remove the container when it exits"},
                 {.name = "user",
                  .letter = 'u',
                  .kind = kString,
                  .help = "Username or UID (format: <name|uid>[:<group|gid>])"},
                 {.name = "volume", .letter = 'v', .kind = kList, .help = "Bind mount a volume"},
                 {.name = "workdir", .letter = 'w', .kind = kString, .help = "Working directory inside the container"}},
       .least = 1,
       .handler = run_run,
       .flags_end_at_argument = true},
      {.name = "stop",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Stop one or more running containers",
       .flags = {{.name = "time", .kind = kInt, .help = "The old name of --timeout", .hidden = true},
                 {.name = "timeout",
                  .letter = 't',
                  .kind = kInt,
                  .help = "Seconds to wait before killing the container",
                  .default_text = "10"}},
       .least = 1,
       .handler = run_stop},
  };
}

}  // namespace davit::cli
