#include "cli/act_on_containers.h"

#include "cli/output.h"
#include "container/signals.h"

namespace davit::cli {

Outcomes::Outcomes(const Context& context, std::vector<std::string> names)
    : context_(context), names_(std::move(names)), outcomes_(names_.size(), Outcome::kNone) {}

void Outcomes::worked(std::size_t index) {
  outcomes_[index] = Outcome::kWorked;
  print_ready();
}

void Outcomes::failed(std::size_t index, const base::Error& error) {
  if (dynamic_cast<const ClientError*>(&error) != nullptr) {
    errors_.emplace_back([error] { print_error(error.message()); });
  } else {
    errors_.emplace_back([error, debug = context_.debug()] { print_daemon_error(error, debug); });
  }
  passed_over(index);
}

void Outcomes::passed_over(std::size_t index) {
  outcomes_[index] = Outcome::kSilent;
  print_ready();
}

void Outcomes::print_ready() {
  for (; next_ < names_.size() && outcomes_[next_] != Outcome::kNone; ++next_) {
    if (outcomes_[next_] == Outcome::kWorked) print_line(names_[next_]);
  }
}

int Outcomes::finish() {
  for (const auto& print_one : errors_) print_one();
  return errors_.empty() ? 0 : 1;
}

int act_on_each(Context& context, const Arguments& arguments, const ActOnContainer& act,
                const std::function<void()>& before_errors) {
  context.containers();
  const auto& names = arguments.positional();
  Outcomes outcomes(context, names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    try {
      refuse_empty_name(names[i]);
      act(names[i]);
      outcomes.worked(i);
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      outcomes.failed(i, error);
    }
  }
  if (before_errors) before_errors();
  return outcomes.finish();
}

void refuse_empty_name(const std::string& name) {
  if (name.empty()) throw ClientError("invalid container name or ID: value is empty");
}

container::StopOptions stop_options_of(const Arguments& arguments) {
  container::StopOptions options;
  if (arguments.given("time")) {
    print_error("Flag --time has been deprecated, use --timeout instead");
    if (arguments.given("timeout")) {
      throw ClientError("conflicting options: cannot specify both --timeout and --time");
    }
  }
  for (const char* name : {"time", "timeout"}) {
    if (arguments.given(name)) options.timeout = std::chrono::seconds(arguments.number(name));
  }
  return options;
}

std::optional<int> stop_signal_of(const Arguments& arguments) {
  const std::string signal = arguments.text("signal");
  return signal.empty() ? std::nullopt : std::optional(container::parse_signal(signal));
}

}  // namespace davit::cli
