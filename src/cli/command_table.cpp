#include "cli/command.h"

namespace davit::cli {

namespace {

using enum ValueKind;

constexpr Flag kNoTrunc = {.name = "no-trunc", .help = "Don't truncate output"};
constexpr Flag kFormat = {.name = "format", .kind = kString, .help = "Format output: 'json' prints in JSON format"};
constexpr Flag kPlatform = {
    .name = "platform", .kind = kString, .help = "Set platform if the server is multi-platform capable"};

}  // namespace

const std::vector<Flag>& global_flags() {
  static const std::vector<Flag> flags = {
      {.name = "config", .kind = kString, .help = "Configuration file", .default_text = "/etc/davit/davit.toml"},
      {.name = "debug", .letter = 'D', .help = "Show what led to an error, and debug messages"},
      {.name = "log-level",
       .letter = 'l',
       .kind = kString,
       .help = "Set the logging level: debug, info, warn, error, off",
       .default_text = "warn"},
      {.name = "root",
       .kind = kString,
       .help = "Keep everything under one folder (also by DAVIT_ROOT)",
       .default_text = "/var/lib/davit"},
      {.name = "version", .letter = 'v', .help = "Print version information and quit"},
  };
  return flags;
}

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {.name = "history",
       .arguments = "[OPTIONS] IMAGE",
       .summary = "Show the history of an image",
       .flags = {kFormat, kNoTrunc, {.name = "quiet", .letter = 'q', .help = "Only show image IDs"}},
       .least = 1,
       .most = 1,
       .handler = run_history},
      {.name = "images",
       .arguments = "[OPTIONS] [REPOSITORY[:TAG]]",
       .summary = "List images",
       .flags = {{.name = "all", .letter = 'a', .help = "Show all images"},
                 {.name = "digests", .help = "Show digests"},
                 kFormat,
                 kNoTrunc,
                 {.name = "quiet", .letter = 'q', .help = "Only show image IDs"}},
       .most = 1,
       .handler = run_images},
      {.name = "import",
       .arguments = "[OPTIONS] FILE|- [REPOSITORY[:TAG]]",
       .summary = "Make an image of a root file system in a tar archive",
       .flags = {{.name = "change",
                  .letter = 'c',
                  .kind = kList,
                  .help = "Apply Dockerfile instruction to the created image"},
                 {.name = "message", .letter = 'm', .kind = kString, .help = "Set commit message for imported image"},
                 kPlatform},
       .least = 1,
       .most = 2,
       .handler = run_import},
      {.name = "info",
       .arguments = "[OPTIONS]",
       .summary = "Show what davit found on this machine and chose",
       .flags = {kFormat},
       .most = 0,
       .handler = run_info},
      {.name = "inspect",
       .arguments = "[OPTIONS] NAME|ID [NAME|ID...]",
       .summary = "Return low-level information on images",
       .flags = {kFormat},
       .least = 1,
       .handler = run_inspect},
      {.name = "internal exited",
       .arguments = "CONTAINER",
       .summary = "Record the end of a container (called by conmon)",
       .least = 1,
       .most = 1,
       .handler = run_internal_exited,
       .hidden = true},
      {.name = "login",
       .arguments = "[OPTIONS] [SERVER]",
       .summary = "Authenticate to a registry",
       .flags =
           {{.name = "password", .letter = 'p', .kind = kString, .help = "Password or Personal Access Token (PAT)"},
            {.name = "password-stdin", .help = "Take the Password or Personal Access Token (PAT) from stdin"},
            {.name = "username", .letter = 'u', .kind = kString, .help = "Username"}},
       .most = 1,
       .handler = run_login},
      {.name = "logout",
       .arguments = "[SERVER]",
       .summary = "Log out from a registry",
       .most = 1,
       .handler = run_logout},
      {.name = "ps",
       .arguments = "[OPTIONS]",
       .summary = "List containers",
       .flags = {{.name = "all", .letter = 'a', .help = "Show all containers (default shows just running)"},
                 kFormat,
                 kNoTrunc,
                 {.name = "quiet", .letter = 'q', .help = "Only display container IDs"}},
       .most = 0,
       .handler = run_ps},
      {.name = "pull",
       .arguments = "[OPTIONS] NAME[:TAG|@DIGEST] [NAME...]",
       .summary = "Download images from a registry",
       .flags = {kPlatform, {.name = "quiet", .letter = 'q', .help = "Suppress verbose output"}},
       .least = 1,
       .handler = run_pull},
      {.name = "push",
       .arguments = "[OPTIONS] NAME[:TAG]",
       .summary = "Upload an image to a registry",
       .flags = {{.name = "quiet", .letter = 'q', .help = "Suppress verbose output"}},
       .least = 1,
       .most = 1,
       .handler = run_push},
      {.name = "rm",
       .arguments = "[OPTIONS] CONTAINER [CONTAINER...]",
       .summary = "Remove one or more containers",
       .flags = {{.name = "force", .letter = 'f', .help = "Force the removal of a running container (uses SIGKILL)"}},
       .least = 1,
       .handler = run_rm},
      {.name = "rmi",
       .arguments = "[OPTIONS] IMAGE [IMAGE...]",
       .summary = "Remove one or more images",
       .flags = {{.name = "force", .letter = 'f', .help = "Force removal of the image"}},
       .least = 1,
       .handler = run_rmi},
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
                  .value_name = "network"},
                 kPlatform,
                 {.name = "pull",
                  .kind = kString,
                  .help = "Pull image before running (\"always\", \"missing\", \"never\")",
                  .default_text = "missing"},
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
      {.name = "tag",
       .arguments = "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
       .summary = "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
       .least = 2,
       .most = 2,
       .handler = run_tag},
      {.name = "tags log",
       .arguments = "[OPTIONS] NAME[:TAG]",
       .summary = "Show every move of a tag: when, by what, from and to which image",
       .flags = {kFormat, kNoTrunc},
       .least = 1,
       .most = 1,
       .handler = run_tags_log},
      {.name = "tags restore",
       .arguments = "NAME[:TAG]@{N}",
       .summary = "Make a tag mean again what it meant N moves ago",
       .least = 1,
       .most = 1,
       .handler = run_tags_restore},
      {.name = "version",
       .arguments = "[OPTIONS]",
       .summary = "Show the davit version information",
       .flags = {kFormat},
       .most = 0,
       .handler = run_version},
  };
  return table;
}

const Command* find_command(const std::vector<std::string>& words, std::size_t* used) {
  const Command* best = nullptr;
  for (const Command& command : commands()) {
    std::string joined;
    for (std::size_t i = 0; i < words.size() && i < 2; ++i) {
      joined += (i == 0 ? "" : " ") + words[i];
      if (joined == command.name) {
        best = &command;
        *used = i + 1;
      }
    }
  }
  return best;
}

}  // namespace davit::cli
