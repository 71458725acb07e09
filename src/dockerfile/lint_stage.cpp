#include "dockerfile/lint_stage.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "dockerfile/expand.h"
#include "dockerfile/ports.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Error;

constexpr std::array<std::string_view, 10> kSecretWords = {"apikey",   "auth",  "credential", "credentials", "key",
                                                           "password", "pword", "passwd",     "secret",      "token"};
constexpr std::array<std::string_view, 3> kHarmlessWords = {"public", "file", "version"};

template <typename Words>
bool has_word(const std::vector<std::string>& parts, const Words& words) {
  return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
    return std::find(words.begin(), words.end(), part) != words.end();
  });
}

bool names_a_secret(std::string_view name) {
  const std::vector<std::string> parts = base::split(base::to_lower(name), '_');
  return has_word(parts, kSecretWords) && !has_word(parts, kHarmlessWords);
}

class StageLinter {
 public:
  StageLinter(const LintScope& scope, LintStageState& state, LintReport& report)
      : scope_(scope), state_(state), report_(report) {}

  void run(const Stage& stage) {
    for (const Instruction& instruction : stage.instructions) {
      LintReport own = report_.with(instruction.comments);
      now_ = &own;
      lines_ = instruction.lines;
      keyword_ = instruction.keyword;
      check(instruction);
      report_.take(std::move(own));
    }
  }

  void operator()(const Env& env) {
    for (const KeyValue& pair : env.pairs) {
      check_format(pair);
      check_secret("ENV", pair.key);
      state_.environment.set(pair.key, pair.value);
    }
  }
  void operator()(const Label& label) {
    for (const KeyValue& pair : label.pairs) check_format(pair);
  }
  void operator()(const Workdir& workdir) {
    if (!state_.has_workdir && !workdir.path.starts_with('/')) {
      add(LintRule::kWorkdirRelativePath,
          fmt::format("Relative workdir {} can have unexpected results if the base image changes",
                      quoted(workdir.path)));
    }
    state_.has_workdir = true;
  }
  void operator()(const Cmd& cmd) {
    check_once(cmd_);
    check_form(cmd.command);
  }
  void operator()(const Entrypoint& entrypoint) {
    check_once(entrypoint_);
    check_form(entrypoint.command);
  }
  void operator()(const HealthCheck&) { check_once(health_check_); }
  void operator()(const Shell&) { state_.has_shell = true; }
  void operator()(const Expose& expose) {
    for (const std::string& word : expose.ports) check_port(word);
  }
  void operator()(const Maintainer&) {
    add(LintRule::kMaintainerDeprecated, "Maintainer instruction is deprecated in favor of using label");
  }
  template <typename Other>
  void operator()(const Other&) {}

 private:
  void add(LintRule rule, std::string message) { now_->add(rule, lines_, std::move(message)); }

  void check(const Instruction& instruction) {
    if (const auto* arg = std::get_if<Arg>(&instruction.value)) {
      for (const ArgDefinition& definition : arg->definitions) check_argument(definition);
      return;
    }
    try {
      VariableUse use;
      const Instruction out = expanded(instruction, state_.environment, scope_.escape, &use);
      // BuildKit does not look at EXPOSE's variables.
      if (!std::holds_alternative<Expose>(out.value)) check_variables(use);
      std::visit(*this, out.value);
    } catch (const Error&) {
      std::visit(*this, instruction.value);  // the build tells what is wrong with its variables
    }
  }

  void check_argument(const ArgDefinition& definition) {
    check_secret("ARG", definition.name);
    std::optional<std::string> value = definition.value;
    const auto given = scope_.build_args.find(definition.name);
    if (given != scope_.build_args.end()) {
      value = given->second;
    } else if (value) {
      try {
        VariableUse use;
        value = expand_word(*value, state_.environment, {.escape = scope_.escape}, &use);
        check_variables(use);
      } catch (const Error&) {
        value.reset();
      }
    } else {
      value = scope_.globals.get(definition.name);
    }
    state_.declared.insert(definition.name);
    if (value && !is_builder_argument(definition.name)) state_.environment.set(definition.name, *value);
  }

  void check_variables(const VariableUse& use) {
    if (!state_.environment_known) return;
    for (const std::string& name : use.unmatched) {
      if (state_.declared.contains(name) || is_builder_argument(name)) continue;
      const std::string guess = nearest_word(name, state_.environment.names(), WordCase::kExact);
      add(LintRule::kUndefinedVar, fmt::format("Usage of undefined variable '${}'{}", name,
                                               guess.empty() ? "" : " (did you mean $" + guess + "?)"));
    }
  }

  void check_format(const KeyValue& pair) {
    if (!pair.legacy) return;
    add(LintRule::kLegacyKeyValueFormat,
        fmt::format("\"{0} key=value\" should be used instead of legacy \"{0} key value\" format", keyword_));
  }

  void check_secret(std::string_view instruction, const std::string& name) {
    if (!names_a_secret(name)) return;
    add(LintRule::kSecretsUsedInArgOrEnv,
        fmt::format("Do not use ARG or ENV instructions for sensitive data ({} {})", instruction, quoted(name)));
  }

  // The one that is told of is the earlier one: it is the one that has no effect.
  void check_once(std::optional<LineRange>& earlier) {
    if (earlier) {
      now_->add(
          LintRule::kMultipleInstructionsDisallowed, *earlier,
          fmt::format("Multiple {} instructions should not be used in the same stage because only the last one will "
                      "be used",
                      keyword_));
    }
    earlier = lines_;
  }

  void check_form(const CommandLine& command) {
    if (!command.shell_form || state_.has_shell) return;
    add(LintRule::kJsonArgsRecommended,
        fmt::format("JSON arguments recommended for {} to prevent unintended behavior related to OS signals",
                    keyword_));
  }

  void check_port(const std::string& word) {
    ExposedPorts ports;
    try {
      ports = parse_exposed(word);
    } catch (const Error&) {
      return;
    }
    if (ports.protocol != base::to_lower(ports.protocol)) {
      add(LintRule::kExposeProtoCasing,
          fmt::format("Defined protocol '{}' in EXPOSE instruction should be lowercase", word));
    }
    if (ports.has_host_part) {
      add(LintRule::kExposeInvalidFormat,
          fmt::format("EXPOSE instruction should not define an IP address or host-port mapping, found '{}'", word));
    }
  }

  const LintScope& scope_;
  LintStageState& state_;
  LintReport& report_;
  LintReport* now_ = nullptr;  // the instruction's own
  LineRange lines_;
  std::string keyword_;
  std::optional<LineRange> cmd_;
  std::optional<LineRange> entrypoint_;
  std::optional<LineRange> health_check_;
};

}  // namespace

void LintReport::add(LintRule rule, LineRange lines, std::string message) {
  if (options_.runs(row_of(rule))) warnings_.push_back({rule, std::move(message), lines, stage_});
}

void LintReport::take(LintReport&& other) {
  for (LintWarning& warning : other.warnings_) warnings_.push_back(std::move(warning));
}

void lint_stage(const Stage& stage, const LintScope& scope, LintStageState& state, LintReport& report) {
  StageLinter(scope, state, report).run(stage);
}

}  // namespace davit::dockerfile
