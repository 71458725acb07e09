#pragma once
// What the commands share that do one thing to each of several containers.

#include <functional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/context.h"
#include "container/stop.h"

namespace davit::cli {

// As docker prints what came of it: each name for which it worked, in the order given and as soon as it may; then, when
// all are done, each error.
class Outcomes {
 public:
  Outcomes(const Context& context, std::vector<std::string> names);

  void worked(std::size_t index);
  // A ClientError is told without "Error response from daemon: ".
  void failed(std::size_t index, const base::Error& error);
  void passed_over(std::size_t index);  // neither: nothing is printed of it
  // The exit code, when all are done: 1 when any failed.
  int finish();

 private:
  enum class Outcome { kNone, kWorked, kSilent };
  void print_ready();

  const Context& context_;
  std::vector<std::string> names_;
  std::vector<Outcome> outcomes_;
  std::vector<std::function<void()>> errors_;
  std::size_t next_ = 0;  // whose outcome is printed next
};

// Calls `act` for each container that the positional arguments name, one after the other, and returns the exit code.
// `before_errors` is called when all names are printed.
using ActOnContainer = std::function<void(const std::string& name)>;
int act_on_each(Context& context, const Arguments& arguments, const ActOnContainer& act,
                const std::function<void()>& before_errors = {});

// Throws ClientError in docker's words for an empty name.
void refuse_empty_name(const std::string& name);

// --timeout, and --time, its old name, of stop and restart.
container::StopOptions stop_options_of(const Arguments& arguments);
// Their --signal. Throws Error(kInvalidArgument) for what is none: docker's daemon looks at it after the container.
std::optional<int> stop_signal_of(const Arguments& arguments);

}  // namespace davit::cli
