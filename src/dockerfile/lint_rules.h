#pragma once
// BuildKit's build checks by name: those that need only the language.

#include <span>
#include <string_view>

namespace davit::dockerfile {

enum class LintRule {
  kStageNameCasing,
  kFromAsCasing,
  kNoEmptyContinuation,
  kConsistentInstructionCasing,
  kDuplicateStageName,
  kReservedStageName,
  kJsonArgsRecommended,
  kMaintainerDeprecated,
  kUndefinedArgInFrom,
  kWorkdirRelativePath,
  kUndefinedVar,
  kMultipleInstructionsDisallowed,
  kLegacyKeyValueFormat,
  kRedundantTargetPlatform,
  kSecretsUsedInArgOrEnv,
  kInvalidDefaultArgInFrom,
  kFromPlatformFlagConstDisallowed,
  kCopyIgnoredFile,
  kInvalidDefinitionDescription,
  kExposeProtoCasing,
  kExposeInvalidFormat,
};

struct LintRuleRow {
  LintRule rule;
  std::string_view name;  // "StageNameCasing"
  std::string_view description;
  bool experimental = false;  // is on only where it is asked for
};

std::span<const LintRuleRow> lint_rules();  // in LintRule's order
const LintRuleRow& row_of(LintRule rule);

}  // namespace davit::dockerfile
