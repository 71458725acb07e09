#pragma once
// The client's side of a container's streams, which `run`, `start`, `attach` and `exec` share: docker's rules on
// terminals, signals and detach keys.

#include <optional>
#include <string>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/terminal.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "container/attach.h"

namespace davit::cli {

inline constexpr Flag kDetachKeys = {
    .name = "detach-keys", .kind = ValueKind::kString, .help = "Override the key sequence for detaching a container"};
inline constexpr Flag kSigProxy = {
    .name = "sig-proxy", .help = "Proxy all received signals to the process", .default_text = "true"};

// Which of our streams are the container's too, and what the container is like.
struct StreamsWanted {
  bool in = false, out = true, err = true;
  bool terminal = false;
  bool forward_signals = true;
};

// The bytes of --detach-keys, or of config.json's detachKeys, or of docker's default. Throws docker's refusal.
std::string detach_keys_of(Context& context, const Arguments& arguments);

// Throws docker's "the input device is not a TTY" where the input of a container with a terminal is not one.
void check_input_terminal(const StreamsWanted& wanted);

// While it lives our terminal, if there is one and the container has one, is raw, and its streams are described for
// container/attach.h and container/exec.h.
class TerminalStreams {
 public:
  TerminalStreams(const StreamsWanted& wanted, std::string detach_keys);
  const container::AttachOptions& options() const { return options_; }

 private:
  container::AttachOptions options_;
  std::optional<base::RawMode> raw_;
};

// What `act` returns; where it ends as we are interrupted, docker's exit code for that, without a word.
template <typename Act>
int until_interrupted(const Act& act) {
  try {
    return act();
  } catch (const base::Error& error) {
    if (error.code() != base::Code::kCancelled || !base::interrupted()) throw;
    return 128 + base::interrupt_signal();
  }
}

// `run` without -d, `start -a` and `start -i`: the container's exit code, or 0 when we were detached. The container may
// be removed at its end.
int start_with_streams(Context& context, const std::string& id, const StreamsWanted& wanted,
                       const std::string& detach_keys);

}  // namespace davit::cli
