// The program's entry: finds the command, calls its handler, maps errors to words and exit codes.

#include <cstdlib>

#include <signal.h>

#include "base/fs/fault.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/output.h"

namespace davit::cli {
namespace {

constexpr int kUsageExit = 125;

int print_usage_error(const UsageError& error) {
  const UsageError::Hint& hint = error.hint();
  print_error(error.message() + "\n");
  if (!hint.usage.empty()) print_error(hint.usage + "\n");
  print_error(fmt::format("{} '{} --help' for more information", hint.verb, hint.program));
  return error.exit_code();
}

GlobalOptions to_options(const GlobalArguments& global) {
  GlobalOptions options;
  const auto value = [&](const char* name) -> std::optional<std::string> {
    const auto found = global.values.find(name);
    if (found == global.values.end()) return std::nullopt;
    return found->second;
  };
  options.root = value("root");
  if (const char* root = std::getenv("DAVIT_ROOT"); !options.root && root != nullptr && *root != '\0')
    options.root = root;
  options.storage_driver = value("storage-driver");
  if (const char* driver = std::getenv("DAVIT_STORAGE_DRIVER");
      !options.storage_driver && driver != nullptr && *driver != '\0')
    options.storage_driver = driver;
  options.config = value("config");
  options.log_level = value("log-level");
  options.debug = value("debug").value_or("") == "true";
  return options;
}

int run_command(Context& context, const Command& command, const std::vector<std::string>& words) {
  const Arguments arguments = Arguments::parse(command, words);
  if (arguments.help()) {
    print(command_help(command));
    return 0;
  }
  return command.handler(context, arguments);
}

std::string_view without_last_newline(std::string_view text) { return text.substr(0, text.size() - 1); }

// "davit help pull"
int print_help_of(const std::vector<std::string>& words) {
  std::size_t used = 0;
  const Command* command = find_command(words, &used);
  const Group* group = command == nullptr && !words.empty() ? find_group(words[0]) : nullptr;
  if (group != nullptr) used = 1;
  if (used < words.size()) {
    print_error("unknown help topic: " +
                base::join({words.begin() + static_cast<std::ptrdiff_t>(used), words.end()}, " "));
    return 1;
  }
  print(command != nullptr ? command_help(*command) : group != nullptr ? group_help(*group) : program_help());
  return 0;
}

// Words that name no command: a group alone, or a mistake.
int dispatch_group(const std::vector<std::string>& words) {
  const Group* group = find_group(words[0]);
  if (group == nullptr) {
    throw UsageError("davit: unknown command: davit " + words[0] + did_you_mean(words[0]), 1, UsageError::Hint{});
  }
  if (words.size() == 1) {
    print_error(without_last_newline(group_help(*group)));
    return 0;
  }
  if (words[1] == "--help" || words[1] == "-h") {
    print(group_help(*group));
    return 0;
  }
  const UsageError::Hint hint = {.usage = "Usage:  davit " + words[0] + (group->tells_command ? " COMMAND" : ""),
                                 .program = "davit " + words[0]};
  if (words[1].starts_with("--")) throw UsageError("unknown flag: " + words[1], kUsageExit, hint);
  throw UsageError("davit: unknown command: davit " + words[0] + " " + words[1] + did_you_mean(words[1], words[0]), 1,
                   hint);
}

int dispatch(const std::vector<std::string>& words) {
  const GlobalArguments global = parse_global(words);
  if (global.values.contains("version")) {
    print_line("davit version " DAVIT_VERSION);
    return 0;
  }
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(global.consumed), words.end());
  if (global.values.contains("help")) {
    print(program_help());
    return 0;
  }
  if (rest.empty()) {
    print_error(without_last_newline(program_help()));  // to standard error, as docker
    return 0;
  }
  if (rest[0] == "help") return print_help_of({rest.begin() + 1, rest.end()});
  std::size_t used = 0;
  const Command* command = find_command(rest, &used);
  if (command == nullptr) return dispatch_group(rest);

  const GlobalOptions options = to_options(global);
  if (options.debug) base::log::set_level(base::log::Level::kDebug);
  Context context(options);
  try {
    const int code = run_command(context, *command, {rest.begin() + static_cast<std::ptrdiff_t>(used), rest.end()});
    context.keep_rate_limits();
    return code;
  } catch (const UsageError&) {
    throw;
  } catch (const base::Error& error) {
    if (error.code() == base::Code::kCancelled && base::interrupted()) {
      print_error("davit: interrupted");
      return 128 + base::interrupt_signal();
    }
    print_failure(context, error);
    context.keep_rate_limits();
    const auto* client_error = dynamic_cast<const ClientError*>(&error);
    return client_error == nullptr ? 1 : client_error->exit_code();
  }
}

int run(const std::vector<std::string>& words) try {
  base::fs::install_fault_from_environment();
  base::install_interrupt_handlers();
  signal(SIGPIPE, SIG_IGN);
  const int code = dispatch(words);
  if (!flush_output() && code == 0) {
    print_error("davit: standard output could not be written");
    return 1;
  }
  return code;
} catch (const UsageError& error) {
  return print_usage_error(error);
} catch (const base::Error& error) {
  print_error("davit: " + error.message());
  return 1;
} catch (const std::exception& error) {
  print_error(std::string("davit: internal error: ") + error.what());
  return 1;
}

}  // namespace
}  // namespace davit::cli

int main(int argc, char** argv) { return davit::cli::run({argv + 1, argv + argc}); }
