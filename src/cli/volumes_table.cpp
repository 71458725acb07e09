// The rows of the command table for volumes.

#include "cli/command_rows.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> volume_commands() {
  return {
      {.name = "volume create",
       .arguments = "[OPTIONS] [VOLUME]",
       .summary = "Create a volume",
       .flags = {{.name = "driver",
                  .letter = 'd',
                  .kind = kString,
                  .help = "Specify volume driver name",
                  .default_text = "local",
                  .values = "local"},
                 {.name = "label", .kind = kList, .help = "Set metadata for a volume"},
                 {.name = "name", .kind = kString, .help = "Specify volume name", .hidden = true},
                 {.name = "opt",
                  .letter = 'o',
                  .kind = kList,
                  .help = "Set driver specific options: type=TYPE, device=DEVICE, o=OPTIONS, as of mount(8)",
                  .default_text = "map[]",
                  .value_name = "map"}},
       .most = 1,
       .handler = run_volume_create},
      {.name = "volume inspect",
       .arguments = "[OPTIONS] VOLUME [VOLUME...]",
       .summary = "Display detailed information on one or more volumes",
       .flags = {kInspectFormat},
       .least = 1,
       .handler = run_volume_inspect},
      {.name = "volume ls",
       .arguments = "[OPTIONS]",
       .summary = "List volumes",
       .flags = {{.name = "filter",
                  .letter = 'f',
                  .kind = kList,
                  .help = "Provide filter values: dangling=true, driver=local, label=KEY[=VALUE], name=TEXT",
                  .value_name = "filter"},
                 kFormat,
                 {.name = "quiet", .letter = 'q', .help = "Only display volume names"}},
       .most = 0,
       .handler = run_volume_ls,
       .aliases = {"volume list"}},
      {.name = "volume prune",
       .arguments = "[OPTIONS]",
       .summary = "Remove unused local volumes",
       .flags = {{.name = "all", .letter = 'a', .help = "Remove all unused volumes, not just anonymous ones"},
                 {.name = "filter",
                  .kind = kList,
                  .help = "Provide filter values: label=KEY[=VALUE], label!=…",
                  .value_name = "filter"},
                 kPruneForce},
       .most = 0,
       .handler = run_volume_prune},
      {.name = "volume rm",
       .arguments = "[OPTIONS] VOLUME [VOLUME...]",
       .summary = "Remove one or more volumes",
       .flags = {{.name = "force", .letter = 'f', .help = "Do not fail for a volume that is not there"}},
       .least = 1,
       .handler = run_volume_rm,
       .aliases = {"volume remove"}},
  };
}

}  // namespace davit::cli
