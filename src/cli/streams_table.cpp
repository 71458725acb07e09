// The rows of the command table for a container's streams and logs.

#include "cli/command_rows.h"
#include "cli/streams.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> stream_commands() {
  return {
      {.name = "attach",
       .arguments = "[OPTIONS] CONTAINER",
       .summary = "Attach local standard input, output, and error streams to a running container",
       .flags = {kDetachKeys, {.name = "no-stdin", .help = "Do not attach STDIN"}, kSigProxy},
       .least = 1,
       .most = 1,
       .handler = run_attach,
       .aliases = {"container attach"}},
      {.name = "exec",
       .arguments = "[OPTIONS] CONTAINER COMMAND [ARG...]",
       .summary = "Execute a command in a running container",
       .flags =
           {{.name = "detach", .letter = 'd', .help = "Detached mode: run command in the background"},
            kDetachKeys,
            {.name = "env", .letter = 'e', .kind = kList, .help = "Set environment variables"},
            {.name = "env-file", .kind = kList, .help = "Read in a file of environment variables", .values = "FILE"},
            {.name = "interactive", .letter = 'i', .help = "Keep STDIN open even if not attached"},
            {.name = "privileged", .help = "Give extended privileges to the command"},
            {.name = "tty", .letter = 't', .help = "Allocate a pseudo-TTY"},
            {.name = "user",
             .letter = 'u',
             .kind = kString,
             .help = "Username or UID (format: \"<name|uid>[:<group|gid>]\")"},
            {.name = "workdir", .letter = 'w', .kind = kString, .help = "Working directory inside the container"}},
       .least = 2,
       .handler = run_exec,
       .flags_end_at_argument = true,
       .aliases = {"container exec"}},
      {.name = "logs",
       .arguments = "[OPTIONS] CONTAINER",
       .summary = "Fetch the logs of a container",
       .flags = {{.name = "details", .help = "Show extra details provided to logs"},
                 {.name = "follow", .letter = 'f', .help = "Follow log output"},
                 {.name = "since",
                  .kind = kString,
                  .help = "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 "
                          "minutes)"},
                 {.name = "tail",
                  .letter = 'n',
                  .kind = kString,
                  .help = "Number of lines to show from the end of the logs",
                  .default_text = "all"},
                 {.name = "timestamps", .letter = 't', .help = "Show timestamps"},
                 {.name = "until",
                  .kind = kString,
                  .help = "Show logs before a timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for "
                          "42 minutes)"}},
       .least = 1,
       .most = 1,
       .handler = run_logs,
       .aliases = {"container logs"}},
      {.name = "wait",
       .arguments = "CONTAINER [CONTAINER...]",
       .summary = "Block until one or more containers stop, then print their exit codes",
       .least = 1,
       .handler = run_wait,
       .aliases = {"container wait"}},
  };
}

}  // namespace davit::cli
