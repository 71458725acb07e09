#include "cli/manual.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/manual_texts.h"

namespace davit::cli {
namespace {

std::string text_of(const std::vector<ManualFile>& files, const std::string& name) {
  for (const ManualFile& file : files) {
    if (file.name == name) return file.text;
  }
  return "no " + name;
}

TEST(Manual, HasAPageForEachCommandInBothForms) {
  const auto markdown = markdown_manual(), man = man_pages();
  for (const Command& command : commands()) {
    std::string name(command.name);
    std::replace(name.begin(), name.end(), ' ', '-');
    const bool is_shown = !command.hidden;
    EXPECT_EQ(text_of(man, "davit-" + name + ".1") != "no davit-" + name + ".1", is_shown) << name;
    if (!command.alias_of.empty()) continue;
    EXPECT_EQ(text_of(markdown, name + ".md") != "no " + name + ".md", is_shown) << name;
  }
  EXPECT_EQ(text_of(man, "davit-image-ls.1"), ".so man1/davit-images.1\n");
}

TEST(Manual, TextsAreOfCommandsThatThereAre) {
  for (const ManualText& text : manual_texts()) {
    std::size_t used = 0;
    const std::size_t space = text.command.find(' ');
    std::vector<std::string> words = {std::string(text.command.substr(0, space))};
    if (space != std::string_view::npos) words.emplace_back(text.command.substr(space + 1));
    const Command* command = find_command(words, &used);
    ASSERT_NE(command, nullptr) << text.command;
    EXPECT_EQ(command->name, text.command);
    EXPECT_EQ(command->alias_of, "") << text.command;
  }
}

TEST(Manual, MarkdownEscapesWhatWouldBreakATable) {
  const std::string run = text_of(markdown_manual(), "run.md");
  EXPECT_NE(run.find("| `-u, --user string` | Username or UID (format: \\<name\\|uid>[:\\<group\\|gid>]) |\n"),
            std::string::npos)
      << run;
}

TEST(Manual, RoffIsEscaped) {
  const std::string run = text_of(man_pages(), "davit-run.1");
  EXPECT_NE(run.find("\n.B \\-e, \\-\\-env list\n"), std::string::npos) << run;
  EXPECT_EQ(text_of(man_pages(), "davit-pull.1").find("…"), std::string::npos);
}

}  // namespace
}  // namespace davit::cli
