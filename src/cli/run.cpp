#include "cli/arguments.h"
#include "cli/create_container.h"
#include "cli/output.h"
#include "cli/streams.h"
#include "runtime/oci_message.h"

namespace davit::cli {

namespace {

StreamsWanted streams_of(RunLine& line) {
  const container::Description& asked = line.asked();
  return {.in = asked.attach_stdin,
          .out = asked.attach_stdout,
          .err = asked.attach_stderr,
          .terminal = asked.terminal,
          .forward_signals = line.sig_proxy};
}

// What docker's client refuses of the streams, without "docker: " before it.
void check_streams(const Arguments& arguments, RunLine& line) {
  if (line.detach) {
    if (!arguments.list("attach").empty())
      throw ClientError("conflicting options: cannot specify both --attach and --detach");
    return;
  }
  check_input_terminal(streams_of(line));
}

int create_and_start(Context& context, const Arguments& arguments, RunLine& line) {
  const std::string keys = detach_keys_of(context, arguments);
  const StreamsWanted wanted = streams_of(line);
  const auto created = create_container(context, line);
  if (line.detach) {
    try {
      context.containers().start(created.id());
    } catch (const base::Error&) {
      print_line(created.id());  // as docker: what could not start is there
      throw;
    }
    print_line(created.id());
    return 0;
  }
  return start_with_streams(context, created.id(), wanted, keys);
}

void print_refusal(const Context& context, const base::Error& error) {
  if (error.code() == base::Code::kCancelled) throw;  // the error that is being handled
  print_failure(context, error, "davit: ");
  print_error("\nRun 'davit run --help' for more information");
}

}  // namespace

int run_run(Context& context, const Arguments& arguments) {
  std::optional<RunLine> line;
  try {
    line = parse_run_line(context, arguments);
  } catch (const UsageError&) {
    throw;
  } catch (const base::Error& error) {
    print_refusal(context, error);
    return kDavitFailed;
  }
  check_streams(arguments, *line);
  try {
    return create_and_start(context, arguments, *line);
  } catch (const base::Error& error) {
    print_refusal(context, error);
    // Only what stands in the way of the program itself tells by its code what that is.
    if (dynamic_cast<const ClientError*>(&error) != nullptr) return kDavitFailed;
    return runtime::exit_code_of_failed_start(error.message());
  }
}

}  // namespace davit::cli
