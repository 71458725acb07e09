// The rows of the command table for davit's own registry.

#include "cli/command_rows.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> registry_server_commands() {
  const Flag config = {.name = "config",
                       .kind = kString,
                       .help = "Configuration file of the registry",
                       .default_text = "/etc/davit/registry.toml",
                       .values = "FILE"};
  const Flag root = {
      .name = "root", .kind = kString, .help = "Keep the registry's content in this folder", .values = "FILE"};
  return {
      {.name = "registry serve",
       .arguments = "[OPTIONS]",
       .summary = "Serve a registry that docker and others push to and pull from",
       .flags = {{.name = "addr",
                  .kind = kList,
                  .help = "Listen there: HOST:PORT or unix:/PATH (default 127.0.0.1:5000)",
                  .value_name = "address"},
                 config,
                 root},
       .most = 0,
       .handler = run_registry_serve},
      {.name = "registry check-config",
       .arguments = "[OPTIONS] [FILE]",
       .summary = "Check a registry's configuration file",
       .flags = {config},
       .most = 1,
       .handler = run_registry_check_config},
      {.name = "registry ls",
       .arguments = "[OPTIONS] [REPOSITORY]",
       .summary = "List a registry's repositories, or a repository's tags",
       .flags = {config, root},
       .most = 1,
       .handler = run_registry_ls},
      {.name = "registry rm",
       .arguments = "[OPTIONS] REPOSITORY[:TAG|@DIGEST] [REPOSITORY[:TAG|@DIGEST]...]",
       .summary = "Remove tags, manifests or whole repositories from a registry",
       .flags = {config, root},
       .least = 1,
       .handler = run_registry_rm},
      {.name = "registry du",
       .arguments = "[OPTIONS]",
       .summary = "Show what a registry's repositories take",
       .flags = {config, root},
       .most = 0,
       .handler = run_registry_du},
      {.name = "registry fsck",
       .arguments = "[OPTIONS]",
       .summary = "Check a registry's content for damage and for what nothing names",
       .flags = {config, {.name = "remove-orphans", .help = "Remove blobs that no repository names"}, root},
       .most = 0,
       .handler = run_registry_fsck},
  };
}

}  // namespace davit::cli
