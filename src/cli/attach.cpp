// attach, wait.

#include "container/attach.h"

#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/streams.h"

namespace davit::cli {

int run_attach(Context& context, const Arguments& arguments) {
  const auto container = context.containers().get(arguments.positional()[0]);
  const auto& description = container.record.description;
  if (!container.running()) throw ClientError("You cannot attach to a stopped container, start it first");
  if (container.state.status == container::Status::kPaused) {
    throw ClientError("You cannot attach to a paused container, unpause it first");
  }
  const StreamsWanted wanted = {.in = !arguments.flag("no-stdin"),
                                .terminal = description.terminal,
                                .forward_signals = arguments.flag("sig-proxy") && !description.terminal};
  check_input_terminal(wanted);
  const std::string keys = detach_keys_of(context, arguments);
  StreamsWanted open = wanted;
  open.in = wanted.in && description.open_stdin;
  return until_interrupted([&] {
    std::optional<TerminalStreams> streams(std::in_place, open, keys);
    const auto code = container::attach(context.containers(), container.id(), streams->options());
    streams.reset();
    if (!code) throw ClientError("read escape sequence");
    return *code;
  });
}

int run_wait(Context& context, const Arguments& arguments) {
  return until_interrupted([&] {
    std::vector<base::Error> failures;
    for (const std::string& text : arguments.positional()) {
      try {
        print_line(std::to_string(container::wait(context.containers(), text)));
        flush_output();
      } catch (const base::Error& error) {
        if (error.code() == base::Code::kCancelled) throw;
        failures.push_back(error);
      }
    }
    for (const base::Error& error : failures) print_failure(context, error);
    return failures.empty() ? 0 : 1;
  });
}

}  // namespace davit::cli
