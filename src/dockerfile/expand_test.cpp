#include "dockerfile/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dockerfile/dockerfile.h"

namespace davit::dockerfile {
namespace {

using testing::ElementsAre;

template <typename Kind>
Kind after_expansion(const std::string& text, VariableUse* use = nullptr) {
  const Environment variables({{"V", "v"}, {"TWO", "1 2"}});
  const Dockerfile file = parse("Dockerfile", "FROM a\n" + text);
  return std::get<Kind>(expanded(file.stages[0].instructions[0], variables, file.directives.escape, use).value);
}

TEST(InstructionExpansion, OfWhatHasVariables) {
  EXPECT_THAT(after_expansion<Env>("ENV $V=$V b='$V'").pairs,
              ElementsAre(KeyValue{"v", "v", false}, KeyValue{"b", "$V", false}));
  EXPECT_THAT(after_expansion<Label>("LABEL a.$V \"$V\"").pairs, ElementsAre(KeyValue{"a.v", "v", true}));
  EXPECT_EQ(after_expansion<User>("USER ${V}").user, "v");
  EXPECT_EQ(after_expansion<Workdir>("WORKDIR /$V").path, "/v");
  EXPECT_THAT(after_expansion<Volume>("VOLUME /$V /b").paths, ElementsAre("/v", "/b"));
  EXPECT_EQ(after_expansion<StopSignal>("STOPSIGNAL $V").signal, "v");
  EXPECT_THAT(after_expansion<Expose>("EXPOSE $TWO 3").ports, ElementsAre("1", "2", "3"));
  EXPECT_EQ(after_expansion<Arg>("ARG a=$V").definitions[0].value, "v");
}

TEST(InstructionExpansion, OfCopyAndAdd) {
  const Copy copy =
      after_expansion<Copy>("COPY --from=x --chown=$V --chmod=$V --exclude=$V $V <<f <<'g' /$V\n'$V'\nf\n$V\ng\n");
  EXPECT_EQ(copy.sources.chown, "v");
  EXPECT_EQ(copy.sources.chmod, "v");
  EXPECT_THAT(copy.sources.excludes, ElementsAre("$V"));
  EXPECT_THAT(copy.sources.paths, ElementsAre("v"));
  EXPECT_EQ(copy.sources.destination, "/v");
  EXPECT_EQ(copy.sources.files[0].content, "'v'\n");
  EXPECT_EQ(copy.sources.files[1].content, "$V\n");
  EXPECT_EQ(after_expansion<Add>("ADD --checksum=$V a b").checksum, "v");
}

TEST(InstructionExpansion, OfMounts) {
  const dockerfile::Run run = after_expansion<dockerfile::Run>("RUN --mount=type=cache,id=$V,target=/$V echo $V");
  ASSERT_EQ(run.mounts.size(), 1U);
  EXPECT_EQ(run.mounts[0].id, "v");
  EXPECT_EQ(run.mounts[0].target, "/v");
  EXPECT_THAT(run.command.words, ElementsAre("echo $V"));
}

TEST(InstructionExpansion, NotOfCommands) {
  EXPECT_THAT(after_expansion<Cmd>("CMD echo $V").command.words, ElementsAre("echo $V"));
  EXPECT_THAT(after_expansion<Entrypoint>("ENTRYPOINT [\"$V\"]").command.words, ElementsAre("$V"));
  EXPECT_THAT(after_expansion<HealthCheck>("HEALTHCHECK CMD $V").command.words, ElementsAre("$V"));
  EXPECT_THAT(after_expansion<Shell>("SHELL [\"$V\"]").words, ElementsAre("$V"));
  EXPECT_EQ(after_expansion<OnBuild>("ONBUILD RUN $V").trigger, "RUN $V");
}

TEST(InstructionExpansion, TellsWhatWasUsed) {
  VariableUse use;
  after_expansion<Env>("ENV a=$V b=$X", &use);
  EXPECT_THAT(use.matched, ElementsAre("V"));
  EXPECT_THAT(use.unmatched, ElementsAre("X"));
}

}  // namespace
}  // namespace davit::dockerfile
