#include "base/strings.h"
#include "cli/act_on_containers.h"
#include "cli/output.h"
#include "cli/streams.h"

namespace davit::cli {

namespace {

// With its streams; returns its exit code.
int start_attached(Context& context, const Arguments& arguments) {
  const auto& names = arguments.positional();
  if (names.size() > 1) throw ClientError("you cannot start and attach multiple containers at once");
  refuse_empty_name(names[0]);
  const std::string keys = detach_keys_of(context, arguments);
  const auto container = context.containers().get(names[0]);
  const auto& description = container.record.description;
  const StreamsWanted wanted = {.in = arguments.flag("interactive") && description.open_stdin,
                                .terminal = description.terminal,
                                .forward_signals = !description.terminal};
  return start_with_streams(context, container.id(), wanted, keys);
}

}  // namespace

int run_start(Context& context, const Arguments& arguments) {
  context.containers();
  if (arguments.flag("attach") || arguments.flag("interactive")) return start_attached(context, arguments);
  // As docker: what failed is told at once, and once more together.
  std::vector<std::string> failed;
  for (const std::string& name : arguments.positional()) {
    try {
      refuse_empty_name(name);
      context.containers().start(context.containers().get(name).id());
      print_line(name);
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      print_failure(context, error);
      failed.push_back(name);
    }
  }
  if (failed.empty()) return 0;
  throw ClientError("Error: failed to start containers: " + base::join(failed, ", "));
}

}  // namespace davit::cli
