// The row of the command table for build.

#include "cli/command_rows.h"

namespace davit::cli {

using enum ValueKind;

std::vector<Command> build_commands() {
  return {
      {.name = "build",
       .arguments = "[OPTIONS] PATH | -",
       .summary = "Build an image from a Dockerfile",
       .flags =
           {{.name = "add-host", .kind = kList, .help = "Add a custom host-to-IP mapping (format: \"host:ip\")"},
            {.name = "allow",
             .kind = kList,
             .help = "Allow extra privileged entitlement (e.g., \"network.host\", \"security.insecure\")",
             .values = "network.host security.insecure"},
            {.name = "build-arg", .kind = kList, .help = "Set build-time variables"},
            {.name = "build-context", .kind = kList, .help = "Additional build contexts (e.g., name=path)"},
            {.name = "compression",
             .kind = kString,
             .help = "Compression of the layers that are made",
             .default_text = "gzip",
             .values = "gzip zstd none"},
            {.name = "file",
             .letter = 'f',
             .kind = kString,
             .help = "Name of the Dockerfile (default: \"PATH/Dockerfile\")",
             .values = "FILE"},
            {.name = "iidfile", .kind = kString, .help = "Write the image ID to a file", .values = "FILE"},
            {.name = "label", .kind = kList, .help = "Set metadata for an image"},
            {.name = "network",
             .kind = kString,
             .help = "Set the networking mode for the \"RUN\" instructions during build",
             .default_text = "default",
             .values = "default none host"},
            {.name = "no-cache", .help = "Do not use cache when building the image"},
            {.name = "no-cache-filter", .kind = kList, .help = "Do not cache specified stages"},
            kPlatform,
            {.name = "progress",
             .kind = kString,
             .help = "Set type of progress output (\"auto\", \"plain\", \"quiet\")",
             .default_text = "auto",
             .values = "auto plain quiet"},
            {.name = "pull", .help = "Always attempt to pull all referenced images"},
            {.name = "quiet", .letter = 'q', .help = "Suppress the build output and print image ID on success"},
            {.name = "secret",
             .kind = kList,
             .help = "Secret to expose to the build (format: \"id=mysecret[,src=/local/secret]\")"},
            {.name = "shm-size", .kind = kString, .help = "Shared memory size for build containers"},
            {.name = "ssh",
             .kind = kList,
             .help = "SSH agent socket or keys to expose to the build (format: \"default|<id>[=<socket>]\")"},
            {.name = "tag", .letter = 't', .kind = kList, .help = "Name and optionally a tag (format: \"name:tag\")"},
            {.name = "target", .kind = kString, .help = "Set the target build stage to build"},
            {.name = "ulimit", .kind = kList, .help = "Ulimit options"}},
       .least = 1,
       .most = 1,
       .handler = run_build,
       .aliases = {"image build"}},
      {.name = "builder prune",
       .arguments = "[OPTIONS]",
       .summary = "Remove build cache",
       .flags = {{.name = "all",
                  .letter = 'a',
                  .help = "Remove all build cache, also the folders of RUN --mount=type=cache"},
                 {.name = "filter",
                  .kind = kList,
                  .help = "Provide filter values (e.g., \"until=24h\"): what was not used for that long",
                  .value_name = "filter"},
                 kPruneForce},
       .most = 0,
       .handler = run_builder_prune},
  };
}

}  // namespace davit::cli
