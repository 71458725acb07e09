#include "dockerfile/dockerfile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace davit::dockerfile {
namespace {

using testing::ElementsAre;

std::string file_mistake(const std::string& text) {
  try {
    parse("Dockerfile", text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(WholeDockerfile, HasGlobalArgumentsAndStages) {
  const Dockerfile file =
      parse("Dockerfile", "ARG V=1\nFROM a:$V AS Build\nRUN x\nCOPY . .\nFROM b\nCMD y\nFROM c as last\n");
  EXPECT_EQ(file.global_args.size(), 1U);
  ASSERT_EQ(file.stages.size(), 3U);
  EXPECT_EQ(file.stages[0].name(), "build");
  EXPECT_EQ(file.stages[0].instructions.size(), 2U);
  EXPECT_EQ(file.stages[0].instructions[1].text, "COPY . .");
  EXPECT_EQ(file.stages[0].instructions[1].lines, (LineRange{4, 4}));
  EXPECT_EQ(file.stages[1].name(), "");
  EXPECT_THAT(file.stage_names(), ElementsAre("build", "last"));
}

TEST(WholeDockerfile, StagesAreFoundByNameInAnyCaseTheLastOfOneName) {
  const Dockerfile file = parse("Dockerfile", "FROM a AS x\nFROM b AS y\nFROM c AS X\nFROM d\n");
  EXPECT_EQ(file.find_stage("x"), 2U);
  EXPECT_EQ(file.find_stage("Y"), 1U);
  EXPECT_EQ(file.find_stage("z"), std::nullopt);
  EXPECT_EQ(file.find_stage(""), std::nullopt);
}

TEST(WholeDockerfile, MistakesAreShownInTheirPlace) {
  EXPECT_EQ(file_mistake("FROM alpine\nRUNN make\n"),
            "Dockerfile:2\n--------------------\n   1 |     FROM alpine\n   2 | >>> RUNN make\n   3 |     \n"
            "--------------------\n"
            "dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)");
  EXPECT_EQ(
      file_mistake("RUN x\nFROM a\n"),
      "Dockerfile:1\n--------------------\n   1 | >>> RUN x\n   2 |     FROM a\n   3 |     \n--------------------\n"
      "no build stage in current context");
}

TEST(WholeDockerfile, MustHaveAStage) {
  EXPECT_EQ(file_mistake(""), "the Dockerfile cannot be empty");
  EXPECT_EQ(file_mistake("ARG a\n"), "dockerfile contains no stages to build");
}

TEST(Trigger, IsOneInstruction) {
  const Instruction instruction = parse_trigger("COPY <<a /\nx\na", {7, 7});
  EXPECT_EQ(std::get<Copy>(instruction.value).sources.files[0].content, "x\n");
  EXPECT_EQ(instruction.lines, (LineRange{7, 7}));
  for (const char* bad : {"", "RUN a\nRUN b", "FROM a", "FROB a", "RUN <<a\n"}) {
    EXPECT_THROW(parse_trigger(bad, {}), base::Error) << bad;
  }
}

TEST(ShellScripts, OfRunWithHeredocs) {
  const auto script = [](const std::string& run) {
    const Dockerfile file = parse("Dockerfile", "FROM a\n" + run);
    return shell_script(std::get<dockerfile::Run>(file.stages[0].instructions[0].value).command);
  };
  EXPECT_EQ(script("RUN make").text, "make");
  EXPECT_EQ(script("RUN <<-EOF\n\ta\n\tb\nEOF\n").text, "a\nb\n");
  EXPECT_EQ(script("RUN <<EOF\na\nEOF\n").file_name, std::nullopt);
  EXPECT_EQ(script("RUN <<EOF\n#!/bin/x\na\nEOF\n").text, "#!/bin/x\na\n");
  EXPECT_EQ(script("RUN <<EOF\n#!/bin/x\na\nEOF\n").file_name, "EOF");
  EXPECT_EQ(script("RUN cat <<A 3<<B\na\nA\nb\nB\n").text, "cat <<A 3<<B\na\nA\nb\nB");
}

}  // namespace
}  // namespace davit::dockerfile
