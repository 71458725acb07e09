// How davit itself goes about it: the image's pull, the container's name and end, its log.

#include "base/fs/paths.h"
#include "base/strings.h"
#include "cli/command_rows.h"
#include "cli/flag_values.h"
#include "cli/platform.h"
#include "cli/run_flag_rows.h"

namespace davit::cli {

using enum ValueKind;
using Values = FlagValues;

namespace {

// A policy of restarts is of a later version; the one that means none is taken.
void put_restart(const Values& values, RunLine&) {
  const std::string policy = values.text();
  const std::string name = policy.substr(0, policy.find(':'));
  if (policy.empty() || policy == "no") return;
  if (values.arguments().flag("rm") && name != "no")
    throw ClientError("conflicting options: cannot specify both --restart and --rm");
  if (name == "no")
    throw base::Error(base::Code::kInvalidArgument, "maximum retry count cannot be used with restart policy 'no'");
  if (name != "always" && name != "on-failure" && name != "unless-stopped")
    throw base::Error::format(base::Code::kInvalidArgument, "invalid restart policy '{}'", base::printable(name));
  throw ClientError("--restart " + policy + " is not supported: restart policies come in a later version",
                    base::Code::kNotSupported);
}

void put_content_trust(const Values& values, RunLine&) {
  if (values.flag()) return;  // as docker does without a notary
  throw ClientError("--disable-content-trust=false is not supported: there is no notary to ask",
                    base::Code::kNotSupported);
}

void put_pull(const Values& values, RunLine& line) {
  line.options.pull = on_client_side([&] { return operations::parse_pull_policy(values.text()); });
}

void put_platform(const Values& values, RunLine& line) {
  line.options.pull_options.platform = on_client_side([&] {
    try {
      return platform_of(values.arguments());
    } catch (const base::Error& error) {
      throw base::Error(error.code(), "error parsing specified platform: " + std::string(error.what()));
    }
  });
  line.asked().platform = values.text();
}

}  // namespace

std::vector<RunFlag> command_flags() {
  Flag platform = kPlatform;
  platform.help = "Set platform if server is multi-platform capable";
  return {
      {.flag = {.name = "cidfile", .kind = kString, .help = "Write the container ID to the file", .values = "FILE"},
       .put = [](const Values& values, RunLine& line) { line.id_file = line.asked().id_file = values.text(); }},
      {.flag = {.name = "detach", .letter = 'd', .help = "Run container in background and print container ID"},
       .put = [](const Values& values, RunLine& line) { line.detach = values.flag(); },
       .only_run = true},
      {.flag = {.name = "detach-keys", .kind = kString, .help = "Override the key sequence for detaching a container"},
       .put = [](const Values& values, RunLine& line) { line.detach_keys = values.text(); },
       .only_run = true},
      {.flag = {.name = "disable-content-trust", .help = "Skip image verification", .default_text = "true"},
       .put = put_content_trust},
      {.flag = {.name = "log-driver",
                .kind = kString,
                .help = "Logging driver for the container",
                .values = "json-file local none"},
       .put = [](const Values& values, RunLine& line) { line.asked().log.driver = values.text(); }},
      {.flag = {.name = "log-opt", .kind = kList, .help = "Log driver options"},
       .put =
           [](const Values& values, RunLine& line) {
             line.asked().log.options = key_values(values.list());
             if (values.arguments().text("log-driver") == "none" && !line.asked().log.options.empty())
               throw ClientError("invalid logging opts for driver none");
           }},
      {.flag = {.name = "name", .kind = kString, .help = "Assign a name to the container"},
       .put = [](const Values& values, RunLine& line) { line.asked().name = values.text(); }},
      {.flag = platform, .put = put_platform},
      {.flag = {.name = "pull",
                .kind = kString,
                .help = "Pull image before running (\"always\", \"missing\", \"never\")",
                .default_text = "missing",
                .values = "always missing never"},
       .put = put_pull},
      {.flag = {.name = "quiet", .letter = 'q', .help = "Suppress the pull output"},
       .put = [](const Values& values, RunLine& line) { line.quiet = values.flag(); }},
      {.flag = {.name = "restart",
                .kind = kString,
                .help = "Restart policy to apply when a container exits",
                .default_text = "no",
                .values = "no"},
       .put = put_restart},
      {.flag = {.name = "rm",
                .help = "Automatically remove the container and its associated anonymous volumes when it exits"},
       .put = [](const Values& values, RunLine& line) { line.asked().auto_remove = values.flag(); }},
      {.flag = {.name = "runtime", .kind = kString, .help = "Runtime to use for this container", .values = "crun runc"},
       .put = [](const Values& values, RunLine& line) { line.asked().runtime = values.text(); }},
      {.flag = {.name = "sig-proxy", .help = "Proxy received signals to the process", .default_text = "true"},
       .put = [](const Values& values, RunLine& line) { line.sig_proxy = values.flag(); },
       .only_run = true},
  };
}

}  // namespace davit::cli
