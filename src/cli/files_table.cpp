// The rows of the command table for containers' files.

#include "cli/command_rows.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> file_commands() {
  return {
      {.name = "commit",
       .arguments = "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
       .summary = "Create a new image from a container's changes",
       .flags = {{.name = "author",
                  .letter = 'a',
                  .kind = kString,
                  .help = "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")"},
                 {.name = "change",
                  .letter = 'c',
                  .kind = kList,
                  .help = "Apply Dockerfile instruction to the created image"},
                 {.name = "message", .letter = 'm', .kind = kString, .help = "Commit message"},
                 {.name = "pause", .letter = 'p', .help = "Pause container during commit", .default_text = "true"}},
       .least = 1,
       .most = 2,
       .handler = run_commit,
       .tells_range = true,
       .aliases = {"container commit"}},
      {.name = "cp",
       .arguments = "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdavit cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
       .summary = "Copy files/folders between a container and the local filesystem",
       .flags = {{.name = "archive", .letter = 'a', .help = "Archive mode (copy all uid/gid information)"},
                 {.name = "follow-link", .letter = 'L', .help = "Always follow symbol link in SRC_PATH"},
                 {.name = "quiet", .letter = 'q', .help = "Suppress progress output during copy"}},
       .least = 2,
       .most = 2,
       .handler = run_cp,
       .aliases = {"container cp"}},
      {.name = "diff",
       .arguments = "CONTAINER",
       .summary = "Inspect changes to files or directories on a container's filesystem",
       .least = 1,
       .most = 1,
       .handler = run_diff,
       .aliases = {"container diff"}},
      {.name = "export",
       .arguments = "[OPTIONS] CONTAINER",
       .summary = "Export a container's filesystem as a tar archive",
       .flags = {{.name = "output",
                  .letter = 'o',
                  .kind = kString,
                  .help = "Write to a file, instead of STDOUT",
                  .values = "FILE"}},
       .least = 1,
       .most = 1,
       .handler = run_export,
       .aliases = {"container export"}},
  };
}

}  // namespace davit::cli
