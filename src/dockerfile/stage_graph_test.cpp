#include "dockerfile/stage_graph.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace davit::dockerfile {
namespace {

using testing::ElementsAre;

const Environment& graph_globals() {
  static const Environment globals({{"BASE", "builder"}, {"EMPTY", ""}, {"TARGETPLATFORM", "linux/amd64"}});
  return globals;
}

// What each stage is made from and reads from.
std::string graph(const std::string& text) {
  std::string out;
  try {
    for (const ResolvedStage& stage : resolve_stages(parse("Dockerfile", text), graph_globals())) {
      out += stage.base_stage ? fmt::format("#{}", *stage.base_stage) : stage.base;
      if (!stage.platform.empty()) out += "@" + stage.platform;
      for (const StageLink& link : stage.reads) out += fmt::format(" {}({})", link.stage, link.lines.first);
      out += ";";
    }
  } catch (const SourceError& error) {
    return fmt::format("{}-{}: {}", error.lines().first, error.lines().last, error.reason());
  }
  return out;
}

struct GraphRow {
  const char* text;
  const char* graph;
};

TEST(StageGraph, LinksStages) {
  const GraphRow rows[] = {
      {"FROM a AS builder\nFROM $BASE\nFROM --platform=$TARGETPLATFORM b", "a;#0;b@linux/amd64;"},
      {"FROM a AS Builder\nFROM Builder", "a;Builder;"},
      {"FROM x AS a\nFROM y AS a\nFROM a", "x;y;#1;"},
      {"FROM a\nFROM b\nCOPY --from=0 . .\nCOPY --from=img . .", "a;b 0(3);"},
      {"FROM a AS x\nFROM b\nCOPY --from=X . .\nRUN --mount=from=x,target=/x --mount=type=cache,target=/c y",
       "a;b 0(3) 0(4);"},
      {"FROM x AS scratch\nFROM scratch", "x;#0;"},
      {"FROM a AS x\nONBUILD COPY --from=y . .\nFROM b AS y\nFROM x\n", "a;b;#0 1(4);"},
  };
  for (const GraphRow& row : rows) EXPECT_EQ(graph(row.text), row.graph) << row.text;
}

TEST(StageGraph, MistakesHaveTheirPlace) {
  const GraphRow rows[] = {
      {"FROM a\nFROM $EMPTY", "2-2: base name ($EMPTY) should not be blank"},
      {"FROM ${BASE", "1-1: failed to process \"${BASE\": syntax error: missing '}'"},
      {"FROM --platform=$TARGETPLATFROM a",
       "1-1: empty platform value from expression $TARGETPLATFROM (did you mean TARGETPLATFORM?)"},
      {"FROM a\nCOPY --from=1 . .", "2-2: invalid stage index 1"},
      {"FROM a\nCOPY --from=-1 . .", "2-2: invalid stage index -1"},
      {"FROM a\nCOPY --from=$BASE . .",
       "2-2: variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope "
       "as "
       "a workaround"},
      {"FROM a AS x\nCOPY --from=x . .", "2-2: circular dependency detected on stage: x"},
      {"FROM a\nCOPY --from=y . .\nFROM b AS y\nRUN --mount=from=z,target=/ x\nFROM c AS z\nCOPY --from=0 . .",
       "6-6: circular dependency detected on stage: stage-0"},
  };
  for (const GraphRow& row : rows) EXPECT_EQ(graph(row.text), row.graph) << row.text;
}

TEST(StageGraph, TargetIsANameOrTheLast) {
  const Dockerfile file = parse("Dockerfile", "FROM a AS build\nFROM b AS test\nFROM c\n");
  EXPECT_EQ(target_stage(file, ""), 2U);
  EXPECT_EQ(target_stage(file, "BUILD"), 0U);
  try {
    target_stage(file, "tset");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Code::kNotFound);
    EXPECT_EQ(error.message(), "target stage \"tset\" could not be found (did you mean test?)");
  }
}

TEST(StageGraph, OnlyWhatTheTargetNeedsIsNeeded) {
  const Dockerfile file = parse("Dockerfile",
                                "FROM a AS one\nFROM b AS two\nFROM one AS three\nCOPY --from=two . .\nFROM c AS four\n"
                                "COPY --from=five . .\nFROM d AS five\n");
  const auto stages = resolve_stages(file, graph_globals());
  EXPECT_THAT(needed_stages(file, stages, 2), ElementsAre(0, 1, 2));
  EXPECT_THAT(needed_stages(file, stages, 1), ElementsAre(1));
  EXPECT_THAT(needed_stages(file, stages, 4), ElementsAre(4));
  try {
    needed_stages(file, stages, 3);
    FAIL();
  } catch (const SourceError& error) {
    EXPECT_EQ(error.lines(), (LineRange{6, 6}));
    EXPECT_EQ(error.reason(), "cannot copy from stage \"five\", it needs to be defined before current stage \"four\"");
  }
}

TEST(StageGraph, ManyStagesInARow) {
  std::string text = "FROM a AS s0\n";
  for (int i = 1; i < 20'000; ++i) text += fmt::format("FROM a AS s{}\nCOPY --from={} . .\n", i, i - 1);
  const Dockerfile file = parse("Dockerfile", text);
  EXPECT_EQ(needed_stages(file, resolve_stages(file, graph_globals()), 19'999).size(), 20'000U);
}

}  // namespace
}  // namespace davit::dockerfile
