#include "dockerfile/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dockerfile/expand.h"

namespace davit::dockerfile {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> warnings_of(const std::string& text, LintInput input = {}) {
  std::vector<std::string> lines;
  for (const LintWarning& warning : lint(parse("Dockerfile", text), input)) lines.push_back(lint_line(warning));
  return lines;
}

struct LintTestRow {
  const char* text;
  const char* warning;  // the only one; empty for none
};

void expect_rows(std::initializer_list<LintTestRow> rows) {
  for (const LintTestRow& row : rows) {
    const std::vector<std::string> warnings = warnings_of(row.text);
    if (*row.warning == '\0') {
      EXPECT_THAT(warnings, IsEmpty()) << row.text;
    } else {
      EXPECT_THAT(warnings, ElementsAre(row.warning)) << row.text;
    }
  }
}

TEST(Lint, CasingOfStagesAndInstructions) {
  expect_rows({
      {"FROM a AS Build", "StageNameCasing: Stage name 'Build' should be lowercase (line 1)"},
      {"FROM a as b", "FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)"},
      {"from a as b", ""},
      {"FROM a\nrun b\nRUN c",
       "ConsistentInstructionCasing: Command 'run' should match the case of the command majority (uppercase) (line 2)"},
      {"from a\nRUN b\nrun c",
       "ConsistentInstructionCasing: Command 'RUN' should match the case of the command majority (lowercase) (line 2)"},
      {"FROM a\nRun b",
       "ConsistentInstructionCasing: Command 'Run' should match the case of the command majority (uppercase) (line 2)"},
  });
}

TEST(Lint, NamesOfStages) {
  expect_rows({
      {"FROM a AS b\nFROM c AS b2\nFROM d AS b2",
       "DuplicateStageName: Duplicate stage name \"b2\", stage names should be unique (line 3)"},
  });
}

TEST(Lint, ReservedNames) {
  expect_rows({
      {"FROM a AS scratch",
       "ReservedStageName: Stage name should not use the same name as reserved stage \"scratch\" (line 1)"},
      {"FROM a AS context",
       "ReservedStageName: Stage name should not use the same name as reserved stage \"context\" (line 1)"},
      {"FROM scratch AS other", ""},
  });
}

TEST(Lint, EmptyContinuations) {
  expect_rows({{"FROM a\nRUN b \\\n\n  c", "NoEmptyContinuation: Empty continuation line (line 4)"},
               {"FROM a\nRUN b \\\n# x\n  c", ""}});
}

TEST(Lint, CommandsInShellForm) {
  expect_rows({
      {"FROM a\nCMD b",
       "JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to "
       "OS signals (line 2)"},
      {"FROM a\nENTRYPOINT b",
       "JSONArgsRecommended: JSON arguments recommended for ENTRYPOINT to prevent unintended "
       "behavior related to OS signals (line 2)"},
      {"FROM a\nCMD [\"b\"]", ""},
      {"FROM a\nSHELL [\"x\"]\nCMD b", ""},
      {"FROM a AS x\nSHELL [\"x\"]\nFROM x\nCMD b", ""},
  });
}

TEST(Lint, Maintainer) {
  expect_rows({{"FROM a\nMAINTAINER b",
                "MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)"}});
}

TEST(Lint, ArgumentsOfFrom) {
  expect_rows({
      {"ARG VERSION=1\nFROM a:${VERSIN:-2}",
       "UndefinedArgInFrom: FROM argument 'VERSIN' is not declared (did you mean VERSION?) (line 2)"},
      {"FROM --platform=$BUILDPLATFORM a", ""},
      {"ARG V\nFROM a:${V:-1}", ""},
      {"ARG V\nFROM a:$V",
       "InvalidDefaultArgInFrom: Default value for ARG a:$V results in empty or invalid base image name (line 2)"},
      {"ARG V=3\nFROM a:$V", ""},
  });
}

TEST(Lint, PlatformsOfFrom) {
  expect_rows({
      {"FROM --platform=$TARGETPLATFORM a",
       "RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM "
       "is redundant as this is the default behavior (line 1)"},
      {"FROM --platform=linux/amd64 a",
       "FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value \"linux/amd64\" (line 1)"},
      {"FROM --platform=linux/x86_64 a AS build-amd64", ""},
      {"FROM --platform=$BUILDPLATFORM a", ""},
  });
}

TEST(Lint, Workdirs) {
  expect_rows({
      {"FROM a\nWORKDIR b\nWORKDIR c",
       "WorkdirRelativePath: Relative workdir \"b\" can have unexpected results if the base image changes (line 2)"},
      {"FROM a\nWORKDIR /b\nWORKDIR c", ""},
      {"FROM a AS x\nWORKDIR /b\nFROM x\nWORKDIR c", ""},
  });
}

TEST(Lint, UndefinedVariables) {
  expect_rows({
      {"FROM scratch\nENV DIR=/a\nWORKDIR /$DIRR",
       "UndefinedVar: Usage of undefined variable '$DIRR' (did you mean $DIR?) (line 3)"},
      {"FROM scratch\nARG DIR\nCOPY a ${DIR}/b", ""},
      {"FROM scratch\nCOPY a ${PATH}", ""},
      {"FROM scratch\nARG A=$B", "UndefinedVar: Usage of undefined variable '$B' (line 2)"},
      {"FROM scratch\nENV a=$a", "UndefinedVar: Usage of undefined variable '$a' (line 2)"},
      {"FROM scratch AS x\nENV A=1\nFROM x\nUSER $A", ""},
      {"ARG A=1\nFROM scratch\nUSER $A", "UndefinedVar: Usage of undefined variable '$A' (line 3)"},
      {"FROM unknown\nUSER $A", ""},
      {"FROM scratch\nRUN echo $A", ""},
      {"FROM scratch\nEXPOSE ${A:-1}", ""},
  });
}

TEST(Lint, VariablesOfAKnownBaseImage) {
  LintInput input;
  input.base = [](std::size_t, const std::string& base) -> std::optional<LintBase> {
    if (base != "known:1") return {};
    LintBase image{.has_shell = true};
    image.environment.set("HOME_DIR", "/h");
    return image;
  };
  EXPECT_THAT(warnings_of("ARG V=1\nFROM known:$V\nWORKDIR $HOME_DIR\nCMD x", input), IsEmpty());
  EXPECT_THAT(warnings_of("FROM known:1\nUSER $HOME_DIRS", input),
              ElementsAre("UndefinedVar: Usage of undefined variable '$HOME_DIRS' (did you mean $HOME_DIR?) (line 2)"));
}

TEST(Lint, InstructionsThatOneShadowsAnother) {
  expect_rows({
      {"FROM a\nCMD [\"b\"]\nRUN x\nCMD [\"c\"]",
       "MultipleInstructionsDisallowed: Multiple CMD instructions should not be used "
       "in the same stage because only the last one will be used (line 2)"},
      {"FROM a\nHEALTHCHECK NONE\nHEALTHCHECK CMD x",
       "MultipleInstructionsDisallowed: Multiple HEALTHCHECK instructions should not be used in the same stage because "
       "only "
       "the last one will be used (line 2)"},
      {"FROM a AS x\nCMD [\"b\"]\nFROM x\nCMD [\"c\"]", ""},
  });
}

TEST(Lint, LegacyPairs) {
  expect_rows({
      {"FROM a\nENV b c",
       "LegacyKeyValueFormat: \"ENV key=value\" should be used instead of legacy \"ENV key value\" format (line 2)"},
      {"FROM a\nLABEL b c",
       "LegacyKeyValueFormat: \"LABEL key=value\" should be used instead of legacy \"LABEL key value\" format (line "
       "2)"},
  });
}

TEST(Lint, Secrets) {
  expect_rows({
      {"FROM a\nENV GITHUB_TOKEN=x",
       "SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV \"GITHUB_TOKEN\") (line 2)"},
      {"FROM a\nARG password",
       "SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG \"password\") (line 2)"},
      {"FROM a\nENV PUBLIC_KEY=x TOKEN_FILE=y KEYBOARD=z TOKENS=1", ""},
  });
}

TEST(Lint, Ports) {
  expect_rows({
      {"FROM a\nEXPOSE 80/TCP",
       "ExposeProtoCasing: Defined protocol '80/TCP' in EXPOSE instruction should be lowercase (line 2)"},
      {"FROM a\nEXPOSE 127.0.0.1:80:80",
       "ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port "
       "mapping, found '127.0.0.1:80:80' (line 2)"},
      {"FROM a\nEXPOSE 80 90/udp", ""},
  });
}

TEST(Lint, DescriptionsAreExperimental) {
  const std::string text = "# something else\nARG A=1\n# b is a stage\nFROM a AS b\n";
  EXPECT_THAT(warnings_of(text), IsEmpty());
  LintInput input;
  input.options = parse_lint_options("experimental=InvalidDefinitionDescription");
  EXPECT_THAT(
      warnings_of(text, input),
      ElementsAre(
          "InvalidDefinitionDescription: Comment for ARG should follow the format: `# A <description>` (line 2)"));
}

TEST(Lint, OptionsSkipRulesInTheFileAndAboveAnInstruction) {
  EXPECT_THAT(warnings_of("# check=skip=StageNameCasing, FromAsCasing\nFROM a as B"),
              ElementsAre("FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 2)"));
  EXPECT_THAT(warnings_of("# check=skip=StageNameCasing,FromAsCasing\nFROM a as B"), IsEmpty());
  EXPECT_THAT(warnings_of("# check=skip=all\nFROM a as B\nCMD x"), IsEmpty());
  EXPECT_THAT(
      warnings_of("FROM a\n# check=skip=JSONArgsRecommended\nCMD x\nENTRYPOINT y"),
      ElementsAre("JSONArgsRecommended: JSON arguments recommended for ENTRYPOINT to prevent unintended behavior "
                  "related to OS signals (line 4)"));
}

TEST(Lint, OptionsMakeWarningsErrors) {
  const Dockerfile file = parse("Dockerfile", "# check=error=true\nFROM a as B\n");
  EXPECT_EQ(lint_failure(lint_options_of(file), lint(file)),
            "lint violation found for rules: FromAsCasing, StageNameCasing");
  EXPECT_EQ(lint_failure({}, lint(file)), std::nullopt);
  EXPECT_EQ(lint_failure(lint_options_of(file), {}), std::nullopt);
}

TEST(Lint, OptionsThatAreMalformedAreErrors) {
  const auto mistake = [](std::string_view text) -> std::string {
    try {
      parse_lint_options(text);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(mistake("skip"), "invalid check option \"skip\"");
  EXPECT_EQ(mistake("only=A"), "invalid check option \"only\"");
  EXPECT_EQ(mistake("error=maybe"), "failed to parse check option \"error=maybe\": parsing \"maybe\": invalid syntax");
  EXPECT_EQ(mistake(" skip = A , B ; error = true ; experimental = all "), "");
  const Dockerfile file = parse("Dockerfile", "# check=skip\nFROM a\n");
  EXPECT_THROW(lint(file), SourceError);
}

TEST(Lint, SourcesThatAreIgnored) {
  const IgnorePatterns patterns = IgnorePatterns::parse("*.tmp\nsecret\n");
  const auto ignored = [](const std::string& instruction, const IgnorePatterns& given) {
    const Dockerfile file = parse("Dockerfile", "FROM a\n" + instruction);
    std::vector<std::string> lines;
    const Instruction out = expanded(file.stages[0].instructions[0], Environment(), '\\');
    for (const LintWarning& warning : lint_ignored_sources(out, given, {}, 0)) lines.push_back(lint_line(warning));
    return lines;
  };
  EXPECT_THAT(
      ignored("COPY a.tmp ./secret/x b /", patterns),
      ElementsAre("CopyIgnoredFile: Attempting to Copy file \"a.tmp\" that is excluded by .dockerignore (line 2)",
                  "CopyIgnoredFile: Attempting to Copy file \"secret/x\" that is excluded by .dockerignore (line 2)"));
  EXPECT_THAT(
      ignored("ADD secret https://x/secret /", patterns),
      ElementsAre("CopyIgnoredFile: Attempting to Add file \"secret\" that is excluded by .dockerignore (line 2)"));
  EXPECT_THAT(ignored("COPY --from=x secret /", patterns), IsEmpty());
  EXPECT_THAT(ignored("COPY . /", patterns), IsEmpty());
  EXPECT_THAT(ignored("COPY . /", IgnorePatterns::parse("*\n")),
              ElementsAre("CopyIgnoredFile: Attempting to Copy file \".\" that is excluded by .dockerignore (line 2)"));
  EXPECT_THAT(ignored("COPY secret /", IgnorePatterns::parse("secret\n!secret/x\n")), IsEmpty());
}

TEST(LintRules, AreInTheirOrderWithNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const LintRuleRow& row : lint_rules()) {
    EXPECT_EQ(&row_of(row.rule), &row) << row.name;
    EXPECT_FALSE(row.description.empty()) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
  EXPECT_EQ(names.size(), 21U);
}

}  // namespace
}  // namespace davit::dockerfile
