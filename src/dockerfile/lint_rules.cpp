#include "dockerfile/lint_rules.h"

namespace davit::dockerfile {

namespace {

// The names and descriptions are BuildKit's: scripts and people look for them.
constexpr LintRuleRow kRules[] = {
    {LintRule::kStageNameCasing, "StageNameCasing", "Stage names should be lowercase"},
    {LintRule::kFromAsCasing, "FromAsCasing", "The 'as' keyword should match the case of the 'from' keyword"},
    {LintRule::kNoEmptyContinuation, "NoEmptyContinuation",
     "Empty continuation lines will become errors in a future release"},
    {LintRule::kConsistentInstructionCasing, "ConsistentInstructionCasing",
     "All commands within the Dockerfile should use the same casing (either upper or lower)"},
    {LintRule::kDuplicateStageName, "DuplicateStageName", "Stage names should be unique"},
    {LintRule::kReservedStageName, "ReservedStageName", "Reserved words should not be used as stage names"},
    {LintRule::kJsonArgsRecommended, "JSONArgsRecommended",
     "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals"},
    {LintRule::kMaintainerDeprecated, "MaintainerDeprecated",
     "The MAINTAINER instruction is deprecated, use a label instead to define an image author"},
    {LintRule::kUndefinedArgInFrom, "UndefinedArgInFrom", "FROM command must use declared ARGs"},
    {LintRule::kWorkdirRelativePath, "WorkdirRelativePath",
     "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base "
     "image changes"},
    {LintRule::kUndefinedVar, "UndefinedVar", "Variables should be defined before their use"},
    {LintRule::kMultipleInstructionsDisallowed, "MultipleInstructionsDisallowed",
     "Multiple instructions of the same type should not be used in the same stage"},
    {LintRule::kLegacyKeyValueFormat, "LegacyKeyValueFormat",
     "Legacy key/value format with whitespace separator should not be used"},
    {LintRule::kRedundantTargetPlatform, "RedundantTargetPlatform",
     "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior"},
    {LintRule::kSecretsUsedInArgOrEnv, "SecretsUsedInArgOrEnv",
     "Sensitive data should not be used in the ARG or ENV commands"},
    {LintRule::kInvalidDefaultArgInFrom, "InvalidDefaultArgInFrom",
     "Default value for global ARG results in an empty or invalid base image name"},
    {LintRule::kFromPlatformFlagConstDisallowed, "FromPlatformFlagConstDisallowed",
     "FROM --platform flag should not use a constant value"},
    {LintRule::kCopyIgnoredFile, "CopyIgnoredFile", "Attempting to Copy file that is excluded by .dockerignore"},
    {LintRule::kInvalidDefinitionDescription, "InvalidDefinitionDescription",
     "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not "
     "intended to be a description comment, add an empty line or comment between the instruction and the comment.",
     true},
    {LintRule::kExposeProtoCasing, "ExposeProtoCasing", "Protocol in EXPOSE instruction should be lowercase"},
    {LintRule::kExposeInvalidFormat, "ExposeInvalidFormat",
     "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future "
     "release"},
};

}  // namespace

std::span<const LintRuleRow> lint_rules() { return kRules; }

const LintRuleRow& row_of(LintRule rule) { return kRules[static_cast<std::size_t>(rule)]; }

}  // namespace davit::dockerfile
