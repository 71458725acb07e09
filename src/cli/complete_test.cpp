#include "cli/complete.h"

#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/completion_scripts.h"
#include "cli/help.h"

namespace davit::cli {
namespace {

// A store with two images and a container, and what was asked of it.
struct Fake {
  std::string root, config;
  CompletionSources sources = {.list = [this](Completes kind, const std::string& root_typed,
                                              const std::string& config_typed,
                                              const std::string&) -> std::vector<Candidate> {
    root = root_typed;
    config = config_typed;
    switch (kind) {
      case Completes::kImages:
        return {{"team/app:1"}, {"alpine:3"}};
      case Completes::kContainers:
        return {{"web"}};
      case Completes::kObjects:
        return {{"alpine:3"}, {"web"}};
      case Completes::kRegistries:
        return {{"registry.example:5000"}};
      default:
        return {};
    }
  }};
};

std::string texts(const std::vector<std::string>& words) {
  Fake fake;
  const Completion completion = complete(words, fake.sources);
  std::string joined;
  for (const Candidate& candidate : completion.candidates) joined += (joined.empty() ? "" : " ") + candidate.text;
  return joined + (completion.files ? " :files" : "");
}

TEST(Complete, CommandsGroupsAndTheirCommands) {
  EXPECT_EQ(texts({"pu"}), "pull push");
  EXPECT_EQ(texts({"imag"}), "image images");
  EXPECT_EQ(texts({"image", "hi"}), "history");
  EXPECT_EQ(texts({"help", "pul"}), "pull");
  EXPECT_EQ(texts({"internal", ""}), "");
  EXPECT_EQ(texts({"nosuch", ""}), "");
  EXPECT_EQ(texts({}), "");
}

TEST(Complete, FlagsAndTheirValues) {
  EXPECT_EQ(texts({"pull", "--q"}), "--quiet");
  EXPECT_EQ(texts({"run", "--pull", ""}), "always missing never");
  EXPECT_EQ(texts({"run", "--pull=n"}), "--pull=never");
  EXPECT_EQ(texts({"run", "--pull", "always", "--netw"}), "--network --network-alias");
  EXPECT_EQ(texts({"stop", "--tim"}), "--timeout");  // an old name is not offered
  EXPECT_EQ(texts({"--log-level", "d"}), "debug");
  EXPECT_EQ(texts({"--ro"}), "--root");
  EXPECT_EQ(texts({"--config", ""}), " :files");
}

TEST(Complete, ArgumentsByTheirWords) {
  EXPECT_EQ(texts({"rmi", ""}), "alpine:3 team/app:1");
  EXPECT_EQ(texts({"rmi", "-f", "alpine:3", "t"}), "team/app:1");
  EXPECT_EQ(texts({"rm", ""}), "web");
  EXPECT_EQ(texts({"inspect", ""}), "alpine:3 web");
  EXPECT_EQ(texts({"import", ""}), " :files");
  EXPECT_EQ(texts({"import", "x.tar", ""}), "alpine:3 team/app:1");
  EXPECT_EQ(texts({"logout", ""}), "registry.example:5000");
  EXPECT_EQ(texts({"completion", ""}), "bash fish zsh");
  EXPECT_EQ(texts({"ps", ""}), "");
  EXPECT_EQ(texts({"tag", "a", "b", ""}), "");  // it takes two
}

TEST(Complete, FlagsOfAContainersCommandAreItsOwn) {
  EXPECT_EQ(texts({"run", "-it", "al"}), "alpine:3");
  EXPECT_EQ(texts({"run", "-e", "al"}), "");  // the value of -e
  EXPECT_EQ(texts({"run", "alpine:3", "--na"}), "");
  EXPECT_EQ(texts({"rmi", "--", "--f"}), "");
}

TEST(Complete, TheStoreIsTheOneThatIsNamed) {
  Fake fake;
  complete({"--root", "/some/where", "--config=/x.toml", "rmi", ""}, fake.sources);
  EXPECT_EQ(fake.root, "/some/where");
  EXPECT_EQ(fake.config, "/x.toml");
}

TEST(Complete, EveryArgumentOfTheTableIsKnown) {
  for (const Command& command : commands()) {
    std::string_view rest = command.arguments;
    while (!rest.empty()) {
      std::string_view word = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
      if (word == "[OPTIONS]" || word.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos) continue;
      if (word.starts_with('[')) word.remove_prefix(1);
      const auto name = word.substr(0, word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_|-"));
      EXPECT_NE(completes(name), Completes::kUnknown) << command.name << ": " << name << " (src/cli/complete.cpp)";
    }
  }
}

TEST(CommandTable, EveryGroupIsNamed) {
  for (const Command& command : commands()) {
    const std::size_t space = command.name.find(' ');
    if (command.hidden || space == std::string_view::npos) continue;
    EXPECT_NE(find_group(command.name.substr(0, space)), nullptr) << command.name << " (groups() in command_table.cpp)";
  }
}

TEST(Help, ListsAllNamesOfACommand) {
  std::size_t used = 0;
  for (const char* second : {"rm", "remove"}) {
    const std::string help = command_help(*find_command({"image", second}, &used));
    EXPECT_NE(help.find("\nAliases:\n  davit image rm, davit image remove, davit rmi\n"), std::string::npos) << help;
    EXPECT_TRUE(help.starts_with("Usage:  davit image " + std::string(second) + " [OPTIONS]")) << help;
  }
  EXPECT_EQ(command_help(*find_command({"login"}, &used)).find("Aliases"), std::string::npos);
}

TEST(Help, AGroupHasEachCommandOnce) {
  const std::string help = group_help(*find_group("image"));
  EXPECT_TRUE(help.starts_with("Usage:  davit image COMMAND\n\nManage images\n\nCommands:\n")) << help;
  EXPECT_NE(help.find("\n  rm "), std::string::npos);
  EXPECT_EQ(help.find("\n  remove "), std::string::npos);
}

TEST(Help, WrapsAsDocker) {
  const std::vector<Flag> flags = {
      {.name = "all-tags", .letter = 'a', .help = "Download all tagged images in the repository"},
      {.name = "disable-content-trust", .help = "Skip image verification"},
      {.name = "platform", .kind = ValueKind::kString, .help = "Set platform if server is multi-platform capable"}};
  EXPECT_EQ(flag_rows(flags),
            "  -a, --all-tags                Download all tagged images in the repository\n"
            "      --disable-content-trust   Skip image verification\n"
            "      --platform string         Set platform if server is multi-platform\n"
            "                                capable\n");
}

TEST(Help, SuggestsWhatIsSpeltMuchLikeIt) {
  EXPECT_EQ(did_you_mean("imags"), "\n\nDid you mean this?\n\timage\n\timages");
  EXPECT_EQ(did_you_mean("pul"), "\n\nDid you mean this?\n\tpull");
  EXPECT_EQ(did_you_mean("histroy"), "\n\nDid you mean this?\n\thistory");
  EXPECT_EQ(did_you_mean("lss", "image"), "\n\nDid you mean this?\n\tls");
  EXPECT_EQ(did_you_mean("nosuch"), "");
}

}  // namespace
}  // namespace davit::cli
