#include "cli/arguments.h"

#include <gtest/gtest.h>

#include "cli/help.h"

namespace davit::cli {
namespace {

const Command& command(const std::vector<std::string>& words) {
  std::size_t used = 0;
  const Command* found = find_command(words, &used);
  EXPECT_NE(found, nullptr);
  return *found;
}

std::string refusal(const std::vector<std::string>& name, const std::vector<std::string>& words) {
  try {
    Arguments::parse(command(name), words);
  } catch (const UsageError& e) {
    return e.message();
  }
  return "accepted";
}

TEST(Arguments, FlagsInEveryFormPflagTakes) {
  const auto arguments = Arguments::parse(
      command({"run"}), {"-ie", "A=1", "--env=B=2", "-eC=3", "--rm=false", "--name", "web", "busybox", "-x", "--rm"});
  EXPECT_TRUE(arguments.flag("interactive"));
  EXPECT_FALSE(arguments.flag("rm"));
  EXPECT_EQ(arguments.list("env"), (std::vector<std::string>{"A=1", "B=2", "C=3"}));
  EXPECT_EQ(arguments.text("name"), "web");
  EXPECT_EQ(arguments.positional(), (std::vector<std::string>{"busybox", "-x", "--rm"}));
}

TEST(Arguments, FlagsMayFollowArgumentsElsewhere) {
  const auto arguments = Arguments::parse(command({"rmi"}), {"a:1", "-f", "b:2", "--", "-c"});
  EXPECT_TRUE(arguments.flag("force"));
  EXPECT_EQ(arguments.positional(), (std::vector<std::string>{"a:1", "b:2", "-c"}));
}

TEST(Arguments, DefaultsComeFromTheTable) {
  EXPECT_EQ(Arguments::parse(command({"run"}), {"x"}).text("pull"), "missing");
}

TEST(Arguments, MistakesInDockersWords) {
  EXPECT_EQ(refusal({"run"}, {"--nosuchflag"}), "unknown flag: --nosuchflag");
  EXPECT_EQ(refusal({"run"}, {"-Z", "x"}), "unknown shorthand flag: 'Z' in -Z");
  EXPECT_EQ(refusal({"run"}, {"--name"}), "flag needs an argument: --name");
  EXPECT_EQ(refusal({"run"}, {"-e"}), "flag needs an argument: 'e' in -e");
  EXPECT_EQ(refusal({"run"}, {"--rm=maybe", "x"}),
            "invalid argument \"maybe\" for \"--rm\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax");
  EXPECT_EQ(refusal({"stop"}, {"-t", "soon", "x"}),
            "invalid argument \"soon\" for \"-t, --timeout\" flag: strconv.ParseInt: parsing \"soon\": invalid syntax");
  EXPECT_EQ(refusal({"rmi"}, {}), "davit: 'davit rmi' requires at least 1 argument");
  EXPECT_EQ(refusal({"tag"}, {"a"}), "davit: 'davit tag' requires 2 arguments");
  EXPECT_EQ(refusal({"ps"}, {"a"}), "davit: 'davit ps' accepts no arguments");
}

UsageError::Hint hint_of(const std::vector<std::string>& name, const std::vector<std::string>& words) {
  try {
    Arguments::parse(command(name), words);
  } catch (const UsageError& e) {
    return e.hint();
  }
  return {.usage = "accepted"};
}

TEST(Arguments, HintsAreDockers) {
  EXPECT_EQ(hint_of({"rmi"}, {}).verb, "See");
  EXPECT_EQ(hint_of({"tag"}, {"a"}).verb, "Run");
  EXPECT_EQ(hint_of({"tags", "log"}, {}).program, "davit tags log");
  EXPECT_EQ(hint_of({"ps"}, {"--nosuch"}).usage, "Usage:  davit ps [OPTIONS]");
  try {
    parse_global({"--nosuch", "ps"});
    FAIL();
  } catch (const UsageError& e) {
    EXPECT_EQ(e.hint().usage, "Usage:  davit [OPTIONS] COMMAND [ARG...]");
    EXPECT_EQ(e.hint().program, "davit");
    EXPECT_EQ(e.exit_code(), 125);
  }
}

TEST(Help, HasDockersLayout) {
  EXPECT_EQ(command_help(command({"rmi"})),
            "Usage:  davit rmi [OPTIONS] IMAGE [IMAGE...]\n\nRemove one or more images\n\nAliases:\n"
            "  davit image rm, davit image remove, davit rmi\n\nOptions:\n"
            "  -f, --force   Force removal of the image: containers that use it are\n"
            "                stopped and removed\n"
            "  -y, --yes     Do not ask before running containers are stopped\n");
}

TEST(Help, ShowsNoOldNames) {
  EXPECT_EQ(Arguments::parse(command({"stop"}), {"--time", "3", "web"}).number("time"), 3);
  EXPECT_EQ(command_help(command({"stop"})).find("--time "), std::string::npos);
}

TEST(CommandTable, NamesAndLettersAreUnique) {
  for (const Command& row : commands()) {
    std::vector<std::string> seen;
    for (const Flag& flag : row.flags) {
      for (const std::string& name :
           {std::string(flag.name), flag.letter == 0 ? std::string(flag.name) + "!" : std::string(1, flag.letter)}) {
        EXPECT_EQ(std::count(seen.begin(), seen.end(), name), 0) << row.name << " " << name;
        seen.push_back(name);
      }
      EXPECT_FALSE(flag.help.empty()) << row.name << " " << flag.name;
    }
    EXPECT_NE(row.handler, nullptr) << row.name;
  }
}

}  // namespace
}  // namespace davit::cli
