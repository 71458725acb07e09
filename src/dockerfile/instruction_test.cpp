#include "dockerfile/instruction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "dockerfile/dockerfile.h"

namespace davit::dockerfile {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

template <typename Kind>
Kind only(const std::string& text) {
  const Source source("Dockerfile", text);
  return std::get<Kind>(parse_instruction(parse_statements(source, {}).all.front()).value);
}

std::string instruction_mistake(const std::string& text) {
  try {
    const Source source("Dockerfile", text);
    parse_instruction(parse_statements(source, {}).all.front());
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

struct MistakeRow {
  const char* text;
  const char* mistake;
};

TEST(Instructions, From) {
  const From from = only<From>("# build compiles it\nFROM --platform=$BUILDPLATFORM golang:1.22 as Build\n");
  EXPECT_EQ(from.base, "golang:1.22");
  EXPECT_EQ(from.platform, "$BUILDPLATFORM");
  EXPECT_EQ(from.name, "build");
  EXPECT_EQ(from.name_written, "Build");
  EXPECT_EQ(from.as_word, "as");
  EXPECT_EQ(from.description, "compiles it");
  EXPECT_EQ(only<From>("FROM a").name, "");
}

TEST(Instructions, Run) {
  const dockerfile::Run run = only<dockerfile::Run>(
      "RUN --mount=type=cache,target=/c --mount=from=x,target=/y --network=none --security=insecure make all");
  EXPECT_TRUE(run.command.shell_form);
  EXPECT_THAT(run.command.words, ElementsAre("make all"));
  ASSERT_EQ(run.mount_flags.size(), 2U);
  EXPECT_EQ(run.mount_flags[0].from, "");
  EXPECT_EQ(run.mount_flags[1].from, "x");
  EXPECT_EQ(run.network, RunNetwork::kNone);
  EXPECT_EQ(run.security, RunSecurity::kInsecure);
  const dockerfile::Run exec = only<dockerfile::Run>("RUN [\"make\", \"all\"]");
  EXPECT_FALSE(exec.command.shell_form);
  EXPECT_THAT(exec.command.words, ElementsAre("make", "all"));
}

TEST(Instructions, CommandLines) {
  EXPECT_THAT(only<Cmd>("CMD a b").command.words, ElementsAre("a b"));
  EXPECT_TRUE(only<Cmd>("CMD []").command.words.empty());
  EXPECT_FALSE(only<Entrypoint>("ENTRYPOINT [\"a\", \"$B\"]").command.shell_form);
  EXPECT_THAT(only<Shell>("SHELL [\"bash\", \"-c\"]").words, ElementsAre("bash", "-c"));
}

TEST(Instructions, PairsAndWords) {
  EXPECT_THAT(only<Env>("ENV a=b c=\"d\"").pairs,
              ElementsAre(KeyValue{"a", "b", false}, KeyValue{"c", "\"d\"", false}));
  EXPECT_THAT(only<Label>("LABEL a b c").pairs, ElementsAre(KeyValue{"a", "b c", true}));
  EXPECT_THAT(only<Expose>("EXPOSE 9 80/tcp").ports, ElementsAre("80/tcp", "9"));
  EXPECT_EQ(only<User>("USER a:b").user, "a:b");
  EXPECT_EQ(only<Workdir>("WORKDIR /a b").path, "/a b");
  EXPECT_THAT(only<Volume>("VOLUME [\"/a b\", \" /c \"]").paths, ElementsAre("/a b", "/c"));
  EXPECT_EQ(only<StopSignal>("STOPSIGNAL SIGINT").signal, "SIGINT");
  EXPECT_EQ(only<Maintainer>("MAINTAINER me <m@e>").author, "me <m@e>");
}

TEST(Instructions, Copy) {
  const Copy copy =
      only<Copy>("COPY --from=x --chown=1:2 --chmod=755 --link --parents --exclude=*.o --exclude=a b c /d/");
  EXPECT_EQ(copy.from, "x");
  EXPECT_EQ(copy.sources.chown, "1:2");
  EXPECT_EQ(copy.sources.chmod, "755");
  EXPECT_TRUE(copy.sources.link);
  EXPECT_TRUE(copy.parents);
  EXPECT_THAT(copy.sources.excludes, ElementsAre("*.o", "a"));
  EXPECT_THAT(copy.sources.paths, ElementsAre("b", "c"));
  EXPECT_EQ(copy.sources.destination, "/d/");
  EXPECT_FALSE(only<Copy>("COPY --link=false a b").sources.link);
  EXPECT_THAT(only<Copy>("COPY [\"a b\", \"c\"]").sources.paths, ElementsAre("a b"));
}

TEST(Instructions, Add) {
  const Add add = only<Add>("ADD --checksum=sha256:x --keep-git-dir=true --unpack=False --chmod=u+x https://a b");
  EXPECT_EQ(add.checksum, "sha256:x");
  EXPECT_EQ(add.keep_git_dir, true);
  EXPECT_EQ(add.unpack, false);
  EXPECT_EQ(only<Add>("ADD a b").unpack, std::nullopt);
}

TEST(Instructions, InlineFiles) {
  const Copy copy = only<Copy>("COPY <<-a.txt <<\"b\" c /\n\tone\na.txt\n\ttwo\nb\n");
  EXPECT_THAT(copy.sources.paths, ElementsAre("c"));
  ASSERT_EQ(copy.sources.files.size(), 2U);
  EXPECT_EQ(copy.sources.files[0].name, "a.txt");
  EXPECT_EQ(copy.sources.files[0].content, "one\n");
  EXPECT_TRUE(copy.sources.files[0].expands);
  EXPECT_EQ(copy.sources.files[1].content, "\ttwo\n");
  EXPECT_FALSE(copy.sources.files[1].expands);
}

TEST(Instructions, HealthCheck) {
  const HealthCheck check = only<HealthCheck>(
      "HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=5ms --start-interval=1h --retries=3 CMD curl x");
  EXPECT_EQ(check.interval, seconds(90));
  EXPECT_EQ(check.timeout, milliseconds(1500));
  EXPECT_EQ(check.start_period, milliseconds(5));
  EXPECT_EQ(check.start_interval, std::chrono::hours(1));
  EXPECT_EQ(check.retries, 3);
  EXPECT_TRUE(check.command.shell_form);
  EXPECT_THAT(check.command.words, ElementsAre("curl x"));
  EXPECT_TRUE(only<HealthCheck>("HEALTHCHECK NONE").none);
  EXPECT_FALSE(only<HealthCheck>("healthcheck cmd [\"a\"]").command.shell_form);
}

TEST(Instructions, Arg) {
  const Arg arg = only<Arg>("# b is the second\nARG a b=\"c d\" e=");
  ASSERT_EQ(arg.definitions.size(), 3U);
  EXPECT_EQ(arg.definitions[0].value, std::nullopt);
  EXPECT_EQ(arg.definitions[1].value, "\"c d\"");
  EXPECT_EQ(arg.definitions[1].description, "is the second");
  EXPECT_EQ(arg.definitions[2].value, "");
}

TEST(Instructions, OnBuild) {
  EXPECT_EQ(only<OnBuild>("onbuild  RUN --mount=x make $A").trigger, "RUN --mount=x make $A");
  EXPECT_EQ(only<OnBuild>("ONBUILD COPY <<a /b\nc\na\n").trigger, "COPY <<a /b\nc\na");
}

TEST(Instructions, MistakesAreToldInBuildKitsWords) {
  const MistakeRow rows[] = {
      {"RUNN a", "unknown instruction: RUNN (did you mean RUN?)"},
      {"copyy a", "unknown instruction: copyy (did you mean copy?)"},
      {"FROBNICATE a", "unknown instruction: FROBNICATE"},
      {"FROM", "FROM requires either one or three arguments"},
      {"FROM a b c", "FROM requires either one or three arguments"},
      {"FROM a AS 1b", "invalid name for build stage: \"1b\", name can't start with a number or contain symbols"},
      {"FROM --platfrom=x a", "unknown flag: --platfrom (did you mean platform?)"},
      {"FROM --platform a", "missing a value on flag: --platform"},
      {"COPY --from=a --from=b c d", "duplicate flag specified: --from"},
      {"COPY --link=maybe a b", "expecting boolean value for flag --link, not: maybe"},
      {"COPY --link= a b", "missing a value on flag: --link"},
      {"COPY --checksum=x a b", "unknown flag: --checksum"},
      {"COPY a",
       "COPY requires at least two arguments, but only one was provided. Destination could not be determined"},
      {"ADD", "ADD requires at least two arguments, but only one was provided. Destination could not be determined"},
      {"COPY a <<EOF\nEOF", "COPY cannot accept a heredoc as a destination"},
      {"RUN --network=wifi a", "invalid network mode \"wifi\""},
      {"RUN --security=none a", "security \"none\" is not valid"},
      {"RUN --device=x a", "RUN --device is not supported: davit gives builds no devices"},
      {"RUN --mount=from=$A,target=/ a", "'from' doesn't support variable expansion, define alias stage instead"},
      {"ENV", "ENV requires at least one argument"},
      {"ENV =a", "ENV names can not be blank"},
      {"LABEL --a=b c=d", "unknown flag: --a"},
      {"EXPOSE", "EXPOSE requires at least one argument"},
      {"USER", "USER requires exactly one argument"},
      {"WORKDIR", "WORKDIR requires exactly one argument"},
      {"VOLUME", "VOLUME requires at least one argument"},
      {"VOLUME [\"\"]", "VOLUME specified can not be an empty string"},
      {"SHELL bash -c", "SHELL requires the arguments to be in JSON form"},
      {"SHELL []", "SHELL requires at least one argument"},
      {"STOPSIGNAL", "STOPSIGNAL requires exactly one argument"},
      {"MAINTAINER", "MAINTAINER requires exactly one argument"},
      {"ARG", "ARG requires at least one argument"},
      {"ARG =a", "ARG names can not be blank"},
      {"HEALTHCHECK", "HEALTHCHECK requires at least one argument"},
      {"HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"},
      {"HEALTHCHECK curl", "Unknown type \"CURL\" in HEALTHCHECK (try CMD)"},
      {"HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"},
      {"HEALTHCHECK --interval=1x CMD a", "time: invalid duration \"1x\""},
      {"HEALTHCHECK --interval=1us CMD a", "Interval \"interval\" cannot be less than 1ms"},
      {"HEALTHCHECK --retries=-1 CMD a", "--retries cannot be negative (-1)"},
      {"HEALTHCHECK --retries=x CMD a", "strconv.ParseInt: parsing \"x\": invalid syntax"},
      {"ONBUILD", "ONBUILD requires at least one argument"},
      {"ONBUILD ONBUILD RUN a", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"},
      {"ONBUILD from a", "FROM isn't allowed as an ONBUILD trigger"},
  };
  for (const MistakeRow& row : rows) EXPECT_EQ(instruction_mistake(row.text), row.mistake) << row.text;
}

}  // namespace
}  // namespace davit::dockerfile
