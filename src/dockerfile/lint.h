#pragma once
// A Dockerfile's build checks (docker's "Build checks" reference): warnings about what works, and will surprise.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/build_args.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/ignore_patterns.h"
#include "dockerfile/lint_options.h"
#include "dockerfile/lint_rules.h"

namespace davit::dockerfile {

struct LintWarning {
  LintRule rule = LintRule::kStageNameCasing;
  std::string message;
  LineRange lines;
  std::optional<std::size_t> stage;  // nothing: of the file as a whole
};

// What an image that a stage begins with brings along.
struct LintBase {
  Environment environment;
  bool has_shell = false;  // its configuration has a SHELL
};

struct LintInput {
  LintOptions options = {};  // what was asked for besides the file's own `check` directive
  Environment predefined = platform_arguments({"linux", "amd64"}, {"linux", "amd64"}, "");
  BuildArgs build_args = {};
  // The image that a stage begins with; nothing where it is not known: then its variables may be any, and UndefinedVar
  // is not told for that stage and those built on it. Not asked for "scratch" and for stages of the file.
  std::function<std::optional<LintBase>(std::size_t stage, const std::string& base)> base = {};
  // Whether a text can be an image's name. Without one: a rough rule.
  std::function<bool(const std::string&)> is_image_name = {};
};

// The warnings of all stages, in the order of their lines. What fails to resolve or expand is passed over: the build
// tells it. Throws SourceError for a `check` directive that is malformed.
std::vector<LintWarning> lint(const Dockerfile& file, const LintInput& input = {});

// CopyIgnoredFile, for a COPY or ADD from the build context whose variables are replaced: its sources that the patterns
// of .dockerignore leave out. None where there are exceptions among them: those are too hard to tell.
std::vector<LintWarning> lint_ignored_sources(const Instruction& expanded, const IgnorePatterns& patterns,
                                              const LintOptions& options, std::size_t stage);

// The file's options with those that were asked for. Throws SourceError.
LintOptions lint_options_of(const Dockerfile& file, const LintOptions& asked = {});

// "lint violation found for rules: A, B", where warnings are to be errors and there are some.
std::optional<std::string> lint_failure(const LintOptions& options, const std::vector<LintWarning>& warnings);

// As a line of output: "StageNameCasing: Stage name 'A' should be lowercase (line 3)".
std::string lint_line(const LintWarning& warning);

}  // namespace davit::dockerfile
