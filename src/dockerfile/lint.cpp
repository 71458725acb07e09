#include "dockerfile/lint.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "dockerfile/copy_source.h"
#include "dockerfile/lint_stage.h"
#include "dockerfile/path_pattern.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Error;

constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool is_lower(std::string_view word) { return word == base::to_lower(word); }
bool is_upper(std::string_view word) { return word == base::to_upper(word); }

bool looks_like_image(const std::string& name) {
  if (name.empty() || name.find_first_of(" \t") != std::string::npos || name.find("//") != std::string::npos)
    return false;
  const auto is_joint = [](char c) { return c == ':' || c == '/' || c == '@' || c == '-' || c == '.' || c == '_'; };
  if (is_joint(name.front()) || is_joint(name.back())) return false;
  const std::size_t slash = name.rfind('/');
  const std::string path = name.substr(slash == std::string::npos ? 0 : slash + 1);
  return is_lower(path.substr(0, path.find_first_of(":@")));
}

struct PlatformWords {
  std::string os;
  std::string architecture;
};

// Of "linux/arm64/v8"; nothing for a single word and for what is no platform.
std::optional<PlatformWords> platform_words(std::string_view platform) {
  const std::vector<std::string> parts = base::split(platform, '/');
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty() || parts[1].empty()) return {};
  std::string architecture = base::to_lower(parts[1]);
  if (architecture == "x86_64") architecture = "amd64";
  if (architecture == "aarch64") architecture = "arm64";
  return PlatformWords{base::to_lower(parts[0].substr(0, parts[0].find('('))), architecture};
}

// Checks what belongs to no single instruction, then each stage.
class FileLinter {
 public:
  FileLinter(const Dockerfile& file, const LintInput& input)
      : file_(file), input_(input), options_(lint_options_of(file, input.options)), report_(options_, {}) {}

  std::vector<LintWarning> run() {
    for (const LineRange& lines : file_.empty_continuations) {
      report_.add(LintRule::kNoEmptyContinuation, lines, "Empty continuation line");
    }
    check_casing();
    for (const Instruction& instruction : file_.global_args) check_descriptions(instruction, report_);
    try {
      defaults_ = global_arguments(file_, input_.predefined, {});
      globals_ = global_arguments(file_, input_.predefined, input_.build_args);
    } catch (const Error&) {
      return sorted();
    }
    for (const Instruction& instruction : file_.global_args) {
      for (const ArgDefinition& arg : std::get<Arg>(instruction.value).definitions) known_.push_back(arg.name);
    }
    for (const std::string& name : globals_.names()) known_.push_back(name);
    for (std::size_t i = 0; i < file_.stages.size(); ++i) check_stage(i);
    return sorted();
  }

 private:
  std::vector<LintWarning> sorted() {
    std::vector<LintWarning> warnings = std::move(report_).warnings();
    std::stable_sort(warnings.begin(), warnings.end(),
                     [](const LintWarning& a, const LintWarning& b) { return a.lines.first < b.lines.first; });
    return warnings;
  }

  template <typename Visit>
  void each_instruction(Visit visit) const {
    for (const Stage& stage : file_.stages) {
      visit(stage.head);
      for (const Instruction& instruction : stage.instructions) visit(instruction);
    }
  }

  void check_casing() {
    std::size_t lower = 0;
    std::size_t upper = 0;
    each_instruction([&](const Instruction& instruction) {
      lower += is_lower(instruction.keyword) ? 1 : 0;
      upper += is_upper(instruction.keyword) ? 1 : 0;
    });
    each_instruction([&](const Instruction& instruction) {
      if (lower > upper ? is_lower(instruction.keyword) : is_upper(instruction.keyword)) return;
      report_.add(LintRule::kConsistentInstructionCasing, instruction.lines,
                  fmt::format("Command '{}' should match the case of the command majority ({})", instruction.keyword,
                              lower > upper ? "lowercase" : "uppercase"));
    });
  }

  void check_stage(std::size_t index) {
    const Stage& stage = file_.stages[index];
    LintReport of_stage(options_, index);
    LintReport of_head = of_stage.with(stage.head.comments);
    check_name(stage, of_stage);
    check_words(stage, of_head);
    check_descriptions(stage.head, of_head);
    check_default_base(stage, of_stage);
    const std::string base = check_base(stage, of_head);
    check_platform(stage, of_head);
    for (const Instruction& instruction : stage.instructions) check_descriptions(instruction, of_stage);
    states_.push_back(begin(index, base));
    lint_stage(stage, {globals_, input_.build_args, file_.directives.escape}, states_.back(), of_stage);
    report_.take(std::move(of_head));
    report_.take(std::move(of_stage));
  }

  void check_name(const Stage& stage, LintReport& report) {
    const std::string& name = stage.name();
    if (name == "context" || name == "scratch") {
      report.add(LintRule::kReservedStageName, stage.head.lines,
                 fmt::format("Stage name should not use the same name as reserved stage {}", quoted(name)));
    }
    if (!name.empty() && !names_.insert(name).second) {
      report.add(LintRule::kDuplicateStageName, stage.head.lines,
                 fmt::format("Duplicate stage name {}, stage names should be unique", quoted(name)));
    }
  }

  static void check_words(const Stage& stage, LintReport& report) {
    const From& from = stage.from();
    if (!is_lower(from.name_written)) {
      report.add(LintRule::kStageNameCasing, stage.head.lines,
                 fmt::format("Stage name '{}' should be lowercase", from.name_written));
    }
    const std::string& keyword = stage.head.keyword;
    if (from.as_word.empty() || (!is_lower(keyword) && !is_upper(keyword))) return;
    if (is_lower(keyword) ? is_lower(from.as_word) : is_upper(from.as_word)) return;
    report.add(LintRule::kFromAsCasing, stage.head.lines,
               fmt::format("'{}' and '{}' keywords' casing do not match", from.as_word, keyword));
  }

  static void check_descriptions(const Instruction& instruction, LintReport& report) {
    std::vector<std::string> names;
    if (const auto* arg = std::get_if<Arg>(&instruction.value)) {
      for (const ArgDefinition& definition : arg->definitions) names.push_back(definition.name);
    } else if (const auto* from = std::get_if<From>(&instruction.value)) {
      if (!from->name.empty()) names.push_back(from->name);
    }
    if (instruction.comments.empty() || names.empty()) return;
    const std::string& comment = instruction.comments.back();
    if (std::find(names.begin(), names.end(), comment.substr(0, comment.find(' '))) != names.end()) return;
    LintReport own = report.with(instruction.comments);
    own.add(LintRule::kInvalidDefinitionDescription, instruction.lines,
            fmt::format("Comment for {} should follow the format: `# {} <description>`",
                        base::to_upper(instruction.keyword), names.size() > 1 ? "<arg_key>" : names.front()));
    report.take(std::move(own));
  }

  void check_default_base(const Stage& stage, LintReport& report) const {
    try {
      const std::string base = expand_word(stage.from().base, defaults_, {.escape = file_.directives.escape});
      if (input_.is_image_name ? input_.is_image_name(base) : looks_like_image(base)) return;
    } catch (const Error&) {
      return;
    }
    report.add(LintRule::kInvalidDefaultArgInFrom, stage.head.lines,
               fmt::format("Default value for ARG {} results in empty or invalid base image name", stage.from().base));
  }

  void check_arguments(const VariableUse& use, LineRange lines, LintReport& report) const {
    for (const std::string& name : use.unmatched) {
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      report.add(
          LintRule::kUndefinedArgInFrom, lines,
          fmt::format("FROM argument '{}' is not declared{}", name, did_you_mean(name, known_, WordCase::kExact)));
    }
  }

  // The base with its variables replaced; empty where that fails.
  std::string check_base(const Stage& stage, LintReport& report) const {
    try {
      VariableUse use;
      std::string base = expand_word(stage.from().base, globals_, {.escape = file_.directives.escape}, &use);
      check_arguments(use, stage.head.lines, report);
      return base;
    } catch (const Error&) {
      return {};
    }
  }

  void check_platform(const Stage& stage, LintReport& report) const {
    const From& from = stage.from();
    if (from.platform.empty()) return;
    VariableUse use;
    std::string value;
    try {
      value = expand_word(from.platform, globals_, {.escape = file_.directives.escape}, &use);
    } catch (const Error&) {
      return;
    }
    check_arguments(use, stage.head.lines, report);
    if (use.unmatched.empty() && use.matched == std::set<std::string>{"TARGETPLATFORM"} &&
        value == globals_.get("TARGETPLATFORM")) {
      report.add(LintRule::kRedundantTargetPlatform, stage.head.lines,
                 fmt::format("Setting platform to predefined {} in FROM is redundant as this is the default behavior",
                             from.platform));
    }
    if (use.matched.empty() && use.unmatched.empty()) check_constant(stage, value, report);
  }

  // A stage that is named after its platform is one of several on purpose.
  static void check_constant(const Stage& stage, const std::string& platform, LintReport& report) {
    const std::optional<PlatformWords> words = platform_words(platform);
    if (!words) return;
    const std::string& name = stage.name();
    if (name.find(words->os) != std::string::npos || name.find(words->architecture) != std::string::npos) return;
    report.add(LintRule::kFromPlatformFlagConstDisallowed, stage.head.lines,
               fmt::format("FROM --platform flag should not use constant value {}", quoted(platform)));
  }

  // What the stage begins with: an earlier stage's end, an image, or nothing.
  LintStageState begin(std::size_t index, const std::string& base) const {
    for (std::size_t i = index; i-- > 0;) {
      if (!base.empty() && file_.stages[i].name() == base) return states_[i];
    }
    LintStageState state;
    std::optional<LintBase> image;
    if (base == "scratch") {
      image.emplace();
    } else if (input_.base && !base.empty()) {
      image = input_.base(index, base);
    }
    state.environment_known = image.has_value();
    if (image) {
      state.environment = image->environment;
      state.has_shell = image->has_shell;
    }
    if (!state.environment.get("PATH")) state.environment.set("PATH", std::string(kDefaultPath));
    return state;
  }

  const Dockerfile& file_;
  const LintInput& input_;
  LintOptions options_;
  LintReport report_;
  Environment defaults_;  // the global scope without given arguments
  Environment globals_;
  std::vector<std::string> known_;  // arguments that FROM may use
  std::set<std::string> names_;
  std::vector<LintStageState> states_;
};

}  // namespace

LintOptions lint_options_of(const Dockerfile& file, const LintOptions& asked) {
  const std::optional<Directive>& check = file.directives.check;
  if (!check) return asked;
  try {
    LintOptions options = parse_lint_options(check->value);
    const bool error = options.error || asked.error;
    options = options.merged(asked);
    options.error = error;
    return options;
  } catch (const Error& error) {
    throw file.mistake({check->line, check->line}, error);
  }
}

std::vector<LintWarning> lint(const Dockerfile& file, const LintInput& input) { return FileLinter(file, input).run(); }

std::vector<LintWarning> lint_ignored_sources(const Instruction& instruction, const IgnorePatterns& patterns,
                                              const LintOptions& options, std::size_t stage) {
  const auto* copy = std::get_if<Copy>(&instruction.value);
  const auto* add = std::get_if<Add>(&instruction.value);
  if (patterns.empty() || patterns.has_exceptions() || (copy == nullptr && add == nullptr)) return {};
  if (copy != nullptr && !copy->from.empty()) return {};
  LintReport report = LintReport(options, stage).with(instruction.comments);
  for (const std::string& source : copy != nullptr ? copy->sources.paths : add->sources.paths) {
    if (is_http_url(source)) continue;
    const std::string path = clean_path(source);
    const bool is_root = path == "." || path == "/";
    if (is_root && !patterns.leaves_out_all()) continue;
    if (!patterns.ignores(path)) continue;
    report.add(LintRule::kCopyIgnoredFile, instruction.lines,
               fmt::format("Attempting to {} file {} that is excluded by .dockerignore",
                           copy != nullptr ? "Copy" : "Add", quoted(path)));
  }
  return std::move(report).warnings();
}

std::optional<std::string> lint_failure(const LintOptions& options, const std::vector<LintWarning>& warnings) {
  if (!options.error || warnings.empty()) return {};
  std::set<std::string> names;
  for (const LintWarning& warning : warnings) names.emplace(row_of(warning.rule).name);
  return "lint violation found for rules: " + base::join({names.begin(), names.end()}, ", ");
}

std::string lint_line(const LintWarning& warning) {
  const std::string text = fmt::format("{}: {}", row_of(warning.rule).name, warning.message);
  return warning.lines.first == 0 ? text : fmt::format("{} (line {})", text, warning.lines.first);
}

}  // namespace davit::dockerfile
