#pragma once
// The checks that follow a stage's instructions one by one. Internal to this folder.

#include <set>
#include <string>
#include <vector>

#include "dockerfile/lint.h"

namespace davit::dockerfile {

// What is known of a stage after its last instruction, for those that are built on it.
struct LintStageState {
  Environment environment;
  bool environment_known = true;
  bool has_shell = false;
  bool has_workdir = false;
  std::set<std::string> declared;  // the names of its ARGs
};

// Collects warnings, heeding which checks run.
class LintReport {
 public:
  LintReport(LintOptions options, std::optional<std::size_t> stage) : options_(std::move(options)), stage_(stage) {}

  // For an instruction with these comments above it.
  LintReport with(const std::vector<std::string>& comments) const {
    return LintReport(options_.merged(lint_options_of(comments)), stage_);
  }
  void add(LintRule rule, LineRange lines, std::string message);
  void take(LintReport&& other);
  std::vector<LintWarning> warnings() && { return std::move(warnings_); }

 private:
  LintOptions options_;
  std::optional<std::size_t> stage_;
  std::vector<LintWarning> warnings_;
};

struct LintScope {
  const Environment& globals;
  const BuildArgs& build_args;
  char escape;
};

// Changes the state as the stage's instructions do.
void lint_stage(const Stage& stage, const LintScope& scope, LintStageState& state, LintReport& report);

}  // namespace davit::dockerfile
