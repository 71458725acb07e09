// What one does to containers that are there: stop, restart, kill, pause, unpause, rename, rm; and conmon's call when
// one ended.

#include <charconv>
#include <csignal>

#include "cli/act_on_containers.h"
#include "cli/output.h"
#include "container/exec.h"
#include "container/held_container.h"
#include "container/kill.h"
#include "container/pause.h"
#include "container/signals.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;

// The same error with what docker's daemon puts before it.
template <typename Act>
void with_prefix(const std::string& prefix, const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled) throw;
    throw Error(error.code(), prefix + error.message());
  }
}

// Docker knows every number for a signal, and then that Linux has none of it.
std::optional<long> number_beyond_signals(const std::string& text) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && (number < 0 || number > SIGRTMAX) ? std::optional(number) : std::nullopt;
}

}  // namespace

int run_stop(Context& context, const Arguments& arguments) {
  container::StopOptions options = stop_options_of(arguments);
  const auto& names = arguments.positional();
  Outcomes outcomes(context, names);
  std::vector<std::string> ids;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    try {
      refuse_empty_name(names[i]);
      const std::string id = context.containers().get(names[i]).id();
      options.signal = stop_signal_of(arguments);
      ids.push_back(id);
      places.push_back(i);
    } catch (const Error& error) {
      outcomes.failed(i, error);
    }
  }
  container::stop(context.containers(), ids, options, [&](std::size_t index, const Error* error) {
    if (error != nullptr && error->code() != Code::kNotFound) {
      outcomes.failed(places[index], *error);
    } else {
      outcomes.worked(places[index]);
    }
  });
  return outcomes.finish();
}

int run_restart(Context& context, const Arguments& arguments) {
  container::StopOptions options = stop_options_of(arguments);
  return act_on_each(context, arguments, [&](const std::string& name) {
    const std::string id = context.containers().get(name).id();
    options.signal = stop_signal_of(arguments);
    with_prefix("Cannot restart container " + name + ": ",
                [&] { container::restart(context.containers(), id, options); });
  });
}

int run_kill(Context& context, const Arguments& arguments) {
  const std::string text = arguments.text("signal");
  const auto beyond = number_beyond_signals(text);
  const int signal = text.empty() ? SIGKILL : beyond ? 0 : container::parse_signal(text);
  return act_on_each(context, arguments, [&](const std::string& name) {
    with_prefix("Cannot kill container: " + name + ": ", [&] {
      const std::string id = context.containers().get(name).id();
      if (beyond) {
        throw Error::format(Code::kInvalidArgument, "The linux daemon does not support signal {}",
                            static_cast<std::uint64_t>(*beyond));
      }
      container::kill(context.containers(), id, signal);
    });
  });
}

int run_pause(Context& context, const Arguments& arguments) {
  return act_on_each(context, arguments, [&](const std::string& name) {
    auto held = context.containers().hold(context.containers().get(name).id());
    container::pause(held);
  });
}

int run_unpause(Context& context, const Arguments& arguments) {
  return act_on_each(context, arguments, [&](const std::string& name) {
    auto held = context.containers().hold(context.containers().get(name).id());
    container::unpause(held);
  });
}

int run_rename(Context& context, const Arguments& arguments) {
  const std::string& old = arguments.positional()[0];
  const std::string& wanted = arguments.positional()[1];
  if (old.empty() || wanted.empty()) throw ClientError("Error: Neither old nor new names may be empty");
  try {
    context.containers().hold(context.containers().get(old).id()).rename(wanted);
    return 0;
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled || context.failed_to_open()) throw;
    print_daemon_error(error, context.debug());
    throw ClientError("Error: failed to rename container named " + old);
  }
}

int run_internal_exited(Context& context, const Arguments& arguments) {
  const auto& ended = arguments.positional();
  if (ended.size() > 1) {
    container::exec_ended(context.containers(), ended[0], ended[1]);
  } else {
    context.containers().exited(ended[0]);
  }
  return 0;
}

}  // namespace davit::cli
