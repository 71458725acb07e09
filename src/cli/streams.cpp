#include "cli/streams.h"

#include <unistd.h>

#include "base/terminal.h"
#include "cli/format.h"
#include "runtime/detach_keys.h"

namespace davit::cli {

std::string detach_keys_of(Context& context, const Arguments& arguments) {
  std::string text = arguments.text("detach-keys");
  if (text.empty()) text = configured_format(context, "detachKeys");
  if (text.empty()) text = runtime::kDefaultDetachKeys;
  return runtime::parse_detach_keys(text);
}

void check_input_terminal(const StreamsWanted& wanted) {
  if (wanted.in && wanted.terminal && !base::is_terminal(STDIN_FILENO)) {
    throw ClientError("the input device is not a TTY");
  }
}

TerminalStreams::TerminalStreams(const StreamsWanted& wanted, std::string detach_keys) {
  options_ = {.streams = {.in = wanted.in ? STDIN_FILENO : -1,
                          .out = wanted.out ? STDOUT_FILENO : -1,
                          .err = wanted.err ? STDERR_FILENO : -1},
              .forward_signals = wanted.forward_signals,
              .detach_keys = std::move(detach_keys)};
  if (!wanted.terminal) return;
  if (!wanted.out && wanted.err) options_.streams.out = STDOUT_FILENO;  // a terminal has one output
  if (base::is_terminal(STDOUT_FILENO)) options_.window = STDOUT_FILENO;
  if (wanted.in && base::is_terminal(STDIN_FILENO)) {
    raw_.emplace(STDIN_FILENO);
    if (options_.window < 0) options_.window = STDIN_FILENO;
  }
}

int start_with_streams(Context& context, const std::string& id, const StreamsWanted& wanted,
                       const std::string& detach_keys) {
  return until_interrupted([&] {
    const TerminalStreams streams(wanted, detach_keys);
    return container::start_attached(context.containers(), id, streams.options()).value_or(0);
  });
}

}  // namespace davit::cli
