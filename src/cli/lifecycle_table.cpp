// The rows of the command table for containers that are there: their list, their life, what they take.

#include "cli/command_rows.h"
#include "cli/streams.h"
#include "cli/update_flags.h"

namespace davit::cli {

namespace {

using enum ValueKind;

constexpr Flag kStopSignal = {
    .name = "signal", .letter = 's', .kind = kString, .help = "Signal to send to the container"};
constexpr Flag kStopTime = {.name = "time", .kind = kInt, .help = "The old name of --timeout", .hidden = true};
constexpr Flag kStopTimeout = {
    .name = "timeout", .letter = 't', .kind = kInt, .help = "Seconds to wait before killing the container"};

std::vector<Command> list_commands() {
  return {
      {.name = "ps",
       .arguments = "[OPTIONS]",
       .summary = "List containers",
       .flags = {{.name = "all", .letter = 'a', .help = "Show all containers (default shows just running)"},
                 kFilter,
                 kFormat,
                 {.name = "last",
                  .letter = 'n',
                  .kind = kInt,
                  .help = "Show n last created containers (includes all states)",
                  .default_text = "-1"},
                 {.name = "latest", .letter = 'l', .help = "Show the latest created container (includes all states)"},
                 kNoTrunc,
                 {.name = "quiet", .letter = 'q', .help = "Only display container IDs"},
                 {.name = "size", .letter = 's', .help = "Display total file sizes"}},
       .most = 0,
       .handler = run_ps,
       .aliases = {"container ls", "container list", "container ps"}},
      {.name = "stats",
       .arguments = "[OPTIONS] [CONTAINER...]",
       .summary = "Display a live stream of container(s) resource usage statistics",
       .flags = {{.name = "all", .letter = 'a', .help = "Show all containers (default shows just running)"},
                 kFormat,
                 {.name = "no-stream", .help = "Disable streaming stats and only pull the first result"},
                 {.name = "no-trunc", .help = "Do not truncate output"}},
       .handler = run_stats,
       .aliases = {"container stats"}},
      {.name = "top",
       .arguments = "CONTAINER [ps OPTIONS]",
       .summary = "Display the running processes of a container",
       .flags = {},
       .least = 1,
       .handler = run_top,
       .flags_end_at_argument = true,
       .aliases = {"container top"}},
  };
}

std::vector<Command> life_commands() {
  return {
      {.name = "kill",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Kill one or more running containers",
       .flags = {kStopSignal},
       .least = 1,
       .handler = run_kill,
       .aliases = {"container kill"}},
      {.name = "pause",
       .arguments = "CONTAINER [CONTAINER...]",
       .summary = "Pause all processes within one or more containers",
       .flags = {},
       .least = 1,
       .handler = run_pause,
       .aliases = {"container pause"}},
      {.name = "port",
       .arguments = "CONTAINER [PRIVATE_PORT[/PROTO]]",
       .summary = "List port mappings or a specific mapping for the container",
       .flags = {},
       .least = 1,
       .most = 2,
       .handler = run_port,
       .tells_range = true,
       .aliases = {"container port"}},
      {.name = "restart",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Restart one or more containers",
       .flags = {kStopSignal, kStopTime, kStopTimeout},
       .least = 1,
       .handler = run_restart,
       .aliases = {"container restart"}},
      {.name = "start",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Start one or more stopped containers",
       .flags = {{.name = "attach", .letter = 'a', .help = "Attach STDOUT/STDERR and forward signals"},
                 kDetachKeys,
                 {.name = "interactive", .letter = 'i', .help = "Attach container's STDIN"}},
       .least = 1,
       .handler = run_start,
       .aliases = {"container start"}},
      {.name = "stop",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Stop one or more running containers",
       .flags = {kStopSignal, kStopTime, kStopTimeout},
       .least = 1,
       .handler = run_stop,
       .aliases = {"container stop"}},
      {.name = "unpause",
       .arguments = "CONTAINER [CONTAINER...]",
       .summary = "Unpause all processes within one or more containers",
       .flags = {},
       .least = 1,
       .handler = run_unpause,
       .aliases = {"container unpause"}},
  };
}

std::vector<Command> change_commands() {
  return {
      {.name = "container prune",
       .arguments = "[OPTIONS]",
       .summary = "Remove all stopped containers",
       .flags = {kPruneFilter, kPruneForce},
       .most = 0,
       .handler = run_container_prune},
      {.name = "rename",
       .arguments = "CONTAINER NEW_NAME",
       .summary = "Rename a container",
       .flags = {},
       .least = 2,
       .most = 2,
       .handler = run_rename,
       .aliases = {"container rename"}},
      {.name = "rm",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Remove one or more containers",
       .flags = {{.name = "force", .letter = 'f', .help = "Force the removal of a running container (uses SIGKILL)"},
                 {.name = "link", .letter = 'l', .help = "Remove the specified link"},
                 {.name = "volumes", .letter = 'v', .help = "Remove anonymous volumes associated with the container"}},
       .least = 1,
       .handler = run_rm,
       .aliases = {"container rm", "container remove"}},
      {.name = "update",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Update configuration of one or more containers",
       .flags = flags_of_update(),
       .least = 1,
       .handler = run_update,
       .aliases = {"container update"}},
  };
}

}  // namespace

std::vector<Command> lifecycle_commands() {
  std::vector<Command> rows = list_commands();
  for (const auto& part : {life_commands(), change_commands()}) rows.insert(rows.end(), part.begin(), part.end());
  return rows;
}

}  // namespace davit::cli
