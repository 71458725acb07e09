#pragma once
// Which checks run: the `check` directive, a comment above an instruction, or a setting of the same form:
//   skip=StageNameCasing,FromAsCasing;error=true;experimental=all

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/lint_rules.h"

namespace davit::dockerfile {

struct LintOptions {
  bool skip_all = false;
  std::set<std::string, std::less<>> skipped;  // names of rules
  bool experimental_all = false;
  std::set<std::string, std::less<>> experimental;  // those that are on although they are experimental
  bool error = false;                               // a warning makes the build fail

  bool runs(const LintRuleRow& rule) const;
  // With what the other adds.
  LintOptions merged(const LintOptions& other) const;
};

// Throws Error(kInvalidArgument) in BuildKit's words: `invalid check option "skip"`.
LintOptions parse_lint_options(std::string_view text);

// What `check=…` among the comments above an instruction asks for; none where it is malformed.
LintOptions lint_options_of(const std::vector<std::string>& comments);

}  // namespace davit::dockerfile
