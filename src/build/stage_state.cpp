#include "build/stage_state.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/strings.h"
#include "container/signals.h"
#include "dockerfile/dockerfile.h"
#include "network/port_text.h"

namespace davit::build {

using base::Code;
using base::Error;

namespace {

constexpr const char* kHistoryComment = "buildkit.dockerfile.v0";  // by which tools know such entries

// As Go prints a list of texts with %q.
std::string listed(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const auto& word : words) quoted.push_back(fmt::format("{:?}", word));
  return "[" + base::join(quoted, " ") + "]";
}

std::string pairs_text(const std::vector<dockerfile::KeyValue>& pairs) {
  std::vector<std::string> texts;
  for (const auto& pair : pairs) texts.push_back(pair.key + "=" + pair.value);
  return base::join(texts, " ");
}

void add_sorted(std::vector<std::string>& values, const std::string& value) {
  const auto at = std::lower_bound(values.begin(), values.end(), value);
  if (at == values.end() || *at != value) values.insert(at, value);
}

// Each instruction's own way; what it returns goes into the history.
struct Apply {
  StageState& state;
  oci::ExecutionConfig& config;

  std::string operator()(const dockerfile::Env& env) {
    for (const auto& pair : env.pairs) set_env(config.env, pair.key, pair.value);
    return "ENV " + pairs_text(env.pairs);
  }
  std::string operator()(const dockerfile::Label& label) {
    for (const auto& pair : label.pairs) config.labels[pair.key] = pair.value;
    return "LABEL " + pairs_text(label.pairs);
  }
  std::string operator()(const dockerfile::Cmd& cmd) {
    config.cmd = state.command_of(cmd.command);
    config.args_escaped = false;
    state.has_own_cmd = true;
    return "CMD " + listed(*config.cmd);
  }
  std::string operator()(const dockerfile::Entrypoint& entrypoint) {
    config.entrypoint = state.command_of(entrypoint.command);
    if (!state.has_own_cmd) config.cmd.reset();  // the base image's was for its own entrypoint
    return "ENTRYPOINT " + listed(*config.entrypoint);
  }
  std::string operator()(const dockerfile::Expose& expose) {
    std::vector<std::string> ports;
    for (const auto& text : expose.ports) {
      for (auto& port : network::parse_exposed_ports(text)) {
        add_sorted(config.exposed_ports, port);
        ports.push_back(std::move(port));
      }
    }
    return "EXPOSE [" + base::join(ports, " ") + "]";
  }
  std::string operator()(const dockerfile::User& user) {
    config.user = user.user;
    return "USER " + user.user;
  }
  std::string operator()(const dockerfile::Volume& volume) {
    for (const auto& path : volume.paths) {
      if (path.empty()) throw Error(Code::kInvalidArgument, "VOLUME specified can not be an empty string");
      add_sorted(config.volumes, path);
    }
    return "VOLUME [" + base::join(volume.paths, " ") + "]";
  }
  std::string operator()(const dockerfile::Shell& shell) {
    config.shell = shell.words;
    return "SHELL [" + base::join(shell.words, " ") + "]";
  }
  std::string operator()(const dockerfile::StopSignal& signal) {
    container::parse_signal(signal.signal);  // throws for what is none
    config.stop_signal = signal.signal;
    return "STOPSIGNAL " + signal.signal;
  }
  std::string operator()(const dockerfile::HealthCheck& check) {
    oci::Healthcheck health = {.interval_ns = check.interval.count(),
                               .timeout_ns = check.timeout.count(),
                               .start_period_ns = check.start_period.count(),
                               .start_interval_ns = check.start_interval.count(),
                               .retries = check.retries};
    if (check.none) {
      health.test = {"NONE"};
    } else {
      health.test = {check.command.shell_form ? "CMD-SHELL" : "CMD"};
      health.test.insert(health.test.end(), check.command.words.begin(), check.command.words.end());
    }
    config.healthcheck = health;
    return "HEALTHCHECK " + listed(health.test);
  }
  std::string operator()(const dockerfile::OnBuild& trigger) {
    config.on_build.push_back(trigger.trigger);
    return "ONBUILD " + trigger.trigger;
  }
  std::string operator()(const dockerfile::Maintainer& maintainer) {
    state.config.author = maintainer.author;
    return "MAINTAINER " + maintainer.author;
  }
  template <typename Other>
  std::string operator()(const Other&) {
    return {};
  }
};

}  // namespace

std::vector<oci::Digest> StageState::diff_ids() const {
  std::vector<oci::Digest> ids;
  for (const auto& layer : layers) ids.push_back(layer.diff_id);
  return ids;
}

std::vector<std::string> StageState::shell() const {
  return config.config.shell.value_or(std::vector<std::string>{"/bin/sh", "-c"});
}

std::vector<std::string> StageState::command_of(const dockerfile::CommandLine& command) const {
  if (!command.shell_form) return command.words;
  auto words = shell();
  words.push_back(dockerfile::shell_script(command).text);
  return words;
}

void StageState::add_history(const std::string& words, bool empty_layer) {
  config.history.push_back(
      {.created = at, .created_by = words, .author = {}, .comment = kHistoryComment, .empty_layer = empty_layer});
}

void StageState::add_layer(const store::ImageLayer& layer) {
  layers.push_back(layer);
  config.diff_ids.push_back(layer.diff_id);
}

std::optional<std::string> StageVariables::get(std::string_view name) const {
  if (auto value = find_env(state_.config.config.env, name)) return value;
  return state_.args.get(name);
}

std::vector<std::string> StageVariables::names() const {
  auto all = state_.args.names();
  for (const auto& line : state_.config.config.env) all.push_back(line.substr(0, line.find('=')));
  return all;
}

std::optional<std::string> find_env(const std::vector<std::string>& env, std::string_view name) {
  for (auto line = env.rbegin(); line != env.rend(); ++line) {
    if (line->starts_with(name) && line->size() > name.size() && (*line)[name.size()] == '=')
      return line->substr(name.size() + 1);
  }
  return {};
}

void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  for (auto& line : env) {
    if (line.starts_with(name + "=")) {
      line = name + "=" + value;
      return;
    }
  }
  env.push_back(name + "=" + value);
}

bool apply_to_config(const dockerfile::Instruction& instruction, StageState& state) {
  const auto words = std::visit(Apply{state, state.config.config}, instruction.value);
  if (words.empty()) return false;
  state.add_history(words, true);
  return true;
}

}  // namespace davit::build
