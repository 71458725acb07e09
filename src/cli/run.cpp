#include <unistd.h>

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/image_name.h"
#include "cli/output.h"
#include "cli/platform.h"
#include "cli/progress.h"
#include "cli/pull_options.h"
#include "operations/find_image.h"
#include "operations/run_container.h"
#include "runtime/oci_message.h"

namespace davit::cli {

namespace {

constexpr int kDavitFailed = 125;  // docker's code for a failure of its own

[[noreturn]] void refuse(const Arguments& arguments, const std::string& message) {
  throw UsageError(message, kDavitFailed, arguments.command());
}

runtime::NetworkMode network_of(const std::string& text) {
  if (text == "none") return runtime::NetworkMode::kNone;
  if (text == "host") return runtime::NetworkMode::kHost;
  if (text == "bridge" || text == "default" || text.starts_with("container:")) {
    throw base::Error::format(base::Code::kNotSupported,
                              "network {} is not supported by this version: use none or host", text);
  }
  throw base::Error::format(base::Code::kNotFound, "network {} not found", text);
}

operations::RunOptions options_of(Context& context, const Arguments& arguments) {
  operations::RunOptions options;
  options.image = arguments.positional()[0];
  check_image_name(options.image);
  options.command.assign(arguments.positional().begin() + 1, arguments.positional().end());
  if (arguments.given("entrypoint")) options.entrypoint = arguments.text("entrypoint");
  options.env = arguments.list("env");
  for (const std::string& entry : options.env) {
    if (entry.empty() || entry.front() == '=') {
      refuse(arguments,
             fmt::format("invalid argument \"{0}\" for \"-e, --env\" flag: invalid environment variable: {0}", entry));
    }
  }
  options.user = arguments.text("user");
  options.working_dir = arguments.text("workdir");
  options.hostname = arguments.text("hostname");
  options.name = arguments.text("name");
  options.volumes = arguments.list("volume");
  for (const std::string& volume : options.volumes) {
    if (volume.empty()) throw ClientError("invalid empty volume spec");
  }
  if (arguments.given("network") && arguments.text("network").empty()) throw ClientError("no name set for network");
  options.network = network_of(arguments.given("network") ? arguments.text("network") : "none");
  options.auto_remove = arguments.flag("rm");
  options.open_stdin = arguments.flag("interactive");
  options.pull = on_client_side([&] { return operations::parse_pull_policy(arguments.text("pull")); });
  options.pull_options = pull_options_of(context.settings());
  options.pull_options.platform = platform_of(arguments);
  return options;
}

int create_and_start(Context& context, const Arguments& arguments) {
  auto progress = make_progress(arguments.flag("quiet"), stderr);  // standard output is the container's
  operations::RunOptions options = options_of(context, arguments);
  // An alias names what is not here under the name itself.
  if (context.settings().short_name_aliases && !operations::find_image(context.images(), options.image))
    options.image = context.alias_of(options.image).value_or(options.image);
  const auto created =
      operations::create_container(context.store(), context.containers(), context.registries(), options, *progress,
                                   [&](const oci::Reference& reference) {
                                     progress->message("Unable to find image '" + reference.familiar() + "' locally");
                                   });
  progress.reset();
  if (!arguments.given("network")) {
    print_error(
        "davit: the container has no network (--network none): bridge networks are not there yet; --network host "
        "shares the machine's");
  }
  if (arguments.flag("detach")) {
    context.containers().start(created.id());
    print_line(created.id());
    return 0;
  }
  return context.containers().start_and_attach(
      created.id(), {.in = options.open_stdin ? STDIN_FILENO : -1, .out = STDOUT_FILENO, .err = STDERR_FILENO});
}

}  // namespace

int run_run(Context& context, const Arguments& arguments) {
  try {
    return create_and_start(context, arguments);
  } catch (const UsageError&) {
    throw;
  } catch (const base::Error& error) {
    if (error.code() == base::Code::kCancelled) throw;
    print_failure(context, error, "davit: ");
    print_error("\nRun 'davit run --help' for more information");
    return runtime::exit_code_of_failed_start(error.message());
  }
}

}  // namespace davit::cli
