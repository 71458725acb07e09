#include "container/exec.h"

#include <cstdlib>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/streams.h"
#include "cli/variable_file.h"

namespace davit::cli {

namespace {

constexpr int kNotStarted = 126;  // docker's code for whatever kept the command from starting

container::ExecOptions options_of(const Arguments& arguments) {
  container::ExecOptions options;
  options.command.assign(arguments.positional().begin() + 1, arguments.positional().end());
  for (const std::string& file : arguments.list("env-file")) {
    for (std::string& entry : read_env_file(file)) options.env.push_back(std::move(entry));
  }
  for (const std::string& entry : arguments.list("env")) {
    if (entry.empty() || entry.front() == '=') {
      throw UsageError(
          fmt::format("invalid argument \"{0}\" for \"-e, --env\" flag: invalid environment variable: {0}", entry), 125,
          arguments.command());
    }
    if (entry.find('=') != std::string::npos) {
      options.env.push_back(entry);
    } else if (const char* own = std::getenv(entry.c_str())) {
      options.env.push_back(entry + "=" + own);
    }
  }
  options.user = arguments.text("user");
  options.working_dir = arguments.text("workdir");
  options.terminal = arguments.flag("tty");
  options.open_stdin = arguments.flag("interactive");
  options.privileged = arguments.flag("privileged");
  return options;
}

int attended(Context& context, const std::string& id, const container::ExecOptions& options,
             const StreamsWanted& wanted, const std::string& keys) {
  std::optional<int> code;
  try {
    const TerminalStreams streams(wanted, keys);
    code = container::exec(context.containers(), id, options, streams.options());
  } catch (const base::Error& error) {
    // What keeps the command from starting, docker tells in the command's output, as it were.
    if (error.code() != base::Code::kInvalidArgument) throw;
    print_line(error.message());
    return kNotStarted;
  }
  if (!code) throw ClientError("read escape sequence");
  return *code;
}

}  // namespace

int run_exec(Context& context, const Arguments& arguments) {
  const container::ExecOptions options = options_of(arguments);
  const std::string& name = arguments.positional()[0];
  const auto id = context.containers().get(name).id();
  const StreamsWanted wanted = {.in = options.open_stdin, .terminal = options.terminal, .forward_signals = false};
  const bool detached = arguments.flag("detach");
  if (!detached) check_input_terminal(wanted);
  const std::string keys = detach_keys_of(context, arguments);
  container::check_exec(context.containers(), id, name);
  if (detached) {
    container::exec_detached(context.containers(), id, options);
    return 0;
  }
  return until_interrupted([&] { return attended(context, id, options, wanted, keys); });
}

}  // namespace davit::cli
