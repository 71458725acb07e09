// The rows of the command table for what speaks to a registry.

#include "cli/command_rows.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> registry_commands() {
  return {
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
      {.name = "pull",
       .arguments = "[OPTIONS] NAME[:TAG|@DIGEST] [NAME...]",
       .summary = "Download images from a registry",
       .flags = {kPlatform, {.name = "quiet", .letter = 'q', .help = "Suppress verbose output"}},
       .least = 1,
       .handler = run_pull,
       .aliases = {"image pull"}},
      {.name = "push",
       .arguments = "[OPTIONS] NAME[:TAG]",
       .summary = "Upload an image to a registry",
       .flags = {{.name = "quiet", .letter = 'q', .help = "Suppress verbose output"}},
       .least = 1,
       .most = 1,
       .handler = run_push,
       .aliases = {"image push"}},
  };
}

}  // namespace davit::cli
