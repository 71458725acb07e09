#include <unistd.h>

#include "cli/arguments.h"
#include "cli/create_container.h"
#include "cli/output.h"
#include "runtime/oci_message.h"

namespace davit::cli {

namespace {

// What docker's client refuses of the streams, without "docker: " before it.
void check_streams(const Arguments& arguments, RunLine& line) {
  if (line.detach) {
    if (!arguments.list("attach").empty())
      throw ClientError("conflicting options: cannot specify both --attach and --detach");
    return;
  }
  if (line.asked().attach_stdin && line.asked().terminal && ::isatty(STDIN_FILENO) == 0)
    throw ClientError("the input device is not a TTY");
}

int create_and_start(Context& context, const Arguments& arguments, RunLine& line) {
  const auto created = create_container(context, line);
  if (!arguments.given("network") && !arguments.given("net")) {
    print_error(
        "davit: the container has no network (--network none): bridge networks are not there yet; --network host "
        "shares the machine's");
  }
  if (line.detach) {
    context.containers().start(created.id());
    print_line(created.id());
    return 0;
  }
  return context.containers().start_and_attach(
      created.id(), {.in = line.asked().open_stdin ? STDIN_FILENO : -1, .out = STDOUT_FILENO, .err = STDERR_FILENO});
}

int fail(const Context& context, const base::Error& error) {
  if (error.code() == base::Code::kCancelled) throw;  // the error that is being handled
  print_failure(context, error, "davit: ");
  print_error("\nRun 'davit run --help' for more information");
  return runtime::exit_code_of_failed_start(error.message());
}

}  // namespace

int run_run(Context& context, const Arguments& arguments) {
  std::optional<RunLine> line;
  try {
    line = parse_run_line(context, arguments);
  } catch (const UsageError&) {
    throw;
  } catch (const base::Error& error) {
    return fail(context, error);
  }
  check_streams(arguments, *line);
  try {
    return create_and_start(context, arguments, *line);
  } catch (const base::Error& error) {
    return fail(context, error);
  }
}

}  // namespace davit::cli
