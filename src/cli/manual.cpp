#include "cli/manual.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/manual_texts.h"

namespace davit::cli {

namespace {

constexpr std::string_view kDate = "2026-11-23";
constexpr std::string_view kMade =
    "<!-- Made from the command table by ./dev fmt: change src/cli/*_table.cpp or manual_texts.cpp. -->\n";

std::string with_dashes(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), ' ', '-');
  return text;
}

std::vector<const Command*> shown_commands() {
  std::vector<const Command*> shown;
  for (const Command& command : commands()) {
    if (!command.hidden && command.alias_of.empty()) shown.push_back(&command);
  }
  return shown;
}

std::vector<Flag> shown_flags(const std::vector<Flag>& flags) {
  std::vector<Flag> shown;
  for (const Flag& flag : flags) {
    if (!flag.hidden) shown.push_back(flag);
  }
  return shown;
}

std::string synopsis(const Command& command) { return usage_line(command).substr(std::string_view("Usage:  ").size()); }

// Markdown.

std::string cell(std::string_view text) {  // within a table
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\n') {
      escaped += "<br>";
      continue;
    }
    if (letter == '|' || letter == '<' || letter == '*' || letter == '_') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

std::string code_cell(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '|') escaped += '\\';
    escaped += letter;
  }
  return "`" + escaped + "`";
}

std::string options_markdown(const std::vector<Flag>& flags) {
  std::string text = "| option | what it does |\n|---|---|\n";
  for (const Flag& flag : shown_flags(flags))
    text += fmt::format("| {} | {} |\n", code_cell(flag_words(flag)), cell(flag_text(flag)));
  return text;
}

std::string markdown_page(const Command& command) {
  std::string text =
      fmt::format("{}# davit {}\n\n{}.\n\n    {}\n", kMade, command.name, cell(command.summary), synopsis(command));
  if (!command.aliases.empty()) {
    text += "\nAlso:";
    for (const std::string_view alias : command.aliases)
      text += fmt::format(" `davit {}`{}", alias, alias == command.aliases.back() ? "\n" : ",");
  }
  const ManualText* more = manual_text(command.name);
  if (more != nullptr) {
    for (const std::string_view paragraph : more->paragraphs) text += fmt::format("\n{}\n", cell(paragraph));
  }
  if (!shown_flags(command.flags).empty()) text += "\n## Options\n" + options_markdown(command.flags);
  if (more != nullptr && !more->examples.empty()) {
    text += "\n## Examples\n";
    for (const ManualExample& example : more->examples) {
      if (!example.what.empty()) text += fmt::format("{}:\n\n", example.what);
      text += fmt::format("    {}\n\n", example.command);
    }
    text.pop_back();
  }
  return text;
}

std::string markdown_index() {
  std::string text = fmt::format(
      "{}# davit: the manual\n\n    davit [OPTIONS] COMMAND\n\nSettings: [configuration](../configuration.md). "
      "What is otherwise than in docker: [differences](differences.md).\n\n| command | what it does |\n|---|---|\n",
      kMade);
  for (const Command* command : shown_commands()) {
    text += fmt::format("| [{0}]({1}.md) | {2} |\n", command->name, with_dashes(command->name), cell(command->summary));
  }
  return text + "\n## Options of every command\nBefore the command's name: `davit --root D images`.\n\n" +
         options_markdown(global_flags());
}

// Manual pages.

std::string roff(std::string_view text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_line = i == 0 || text[i - 1] == '\n';
    if (begins_line && (text[i] == '.' || text[i] == '\'')) escaped += "\\&";
    if (text[i] == '\\') {
      escaped += "\\e";
    } else if (text[i] == '-') {
      escaped += "\\-";
    } else if (text.substr(i).starts_with("…")) {
      escaped += "...";
      i += std::string_view("…").size() - 1;
    } else {
      escaped += text[i];
    }
  }
  return escaped;
}

std::string upper(std::string text) {
  for (char& letter : text) letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  return text;
}

std::string man_head(const std::string& page, std::string_view summary) {
  return fmt::format(".TH {} 1 {} \"davit {}\" \"davit manual\"\n.SH NAME\n{} \\- {}\n", upper(page), kDate,
                     DAVIT_VERSION, roff(page), roff(summary));
}

std::string options_man(const std::vector<Flag>& flags) {
  std::string text;
  for (const Flag& flag : shown_flags(flags))
    text += fmt::format(".TP\n.B {}\n{}\n", roff(flag_words(flag)), roff(flag_text(flag)));
  return text;
}

std::string man_page(const Command& command) {
  std::string text = man_head("davit-" + with_dashes(command.name), command.summary);
  text += ".SH SYNOPSIS\n";
  for (const std::string& form : base::split(synopsis(command), '\n'))  // cp has two
    text += fmt::format("{}.B {}\n", form.starts_with('\t') ? ".br\n" : "", roff(base::trim(form)));
  for (const std::string_view alias : command.aliases) text += fmt::format(".br\n.B davit {}\n", roff(alias));
  const ManualText* more = manual_text(command.name);
  text += ".SH DESCRIPTION\n";
  if (more == nullptr || more->paragraphs.empty()) {
    text += roff(command.summary) + ".\n";
  } else {
    for (const std::string_view paragraph : more->paragraphs)
      text += fmt::format("{}{}\n", paragraph == more->paragraphs.front() ? "" : ".PP\n", roff(paragraph));
  }
  if (!shown_flags(command.flags).empty()) text += ".SH OPTIONS\n" + options_man(command.flags);
  if (more != nullptr && !more->examples.empty()) {
    text += ".SH EXAMPLES\n";
    for (const ManualExample& example : more->examples) {
      if (&example != &more->examples.front()) text += ".PP\n";
      if (!example.what.empty()) text += roff(example.what) + ":\n.PP\n";
      text += fmt::format(".nf\n    {}\n.fi\n", roff(example.command));
    }
  }
  return text + ".SH SEE ALSO\n.BR davit (1)\n";
}

std::string man_index() {
  std::string text = man_head("davit", "container images, from build to rollback");
  text +=
      ".SH SYNOPSIS\n.B davit [OPTIONS] COMMAND\n.SH DESCRIPTION\nPulls, keeps, runs and pushes images of containers, "
      "without a daemon. Each command has a page of its own.\n.SH COMMANDS\n";
  for (const Command* command : shown_commands()) {
    text += fmt::format(".TP\n.BR davit\\-{} (1)\n{}\n", roff(with_dashes(command->name)), roff(command->summary));
  }
  text += ".SH OPTIONS\nBefore the name of the command.\n" + options_man(global_flags());
  text +=
      ".SH ENVIRONMENT\n.TP\n.B DAVIT_ROOT\nAs\n.BR \\-\\-root .\n.TP\n.B DOCKER_CONFIG\nThe folder of docker's "
      "config.json, which holds credentials.\n"
      ".SH FILES\n.TP\n.I /etc/davit/davit.toml\nSettings; an example that explains each is installed with the "
      "documentation.\n"
      ".TP\n.I /var/lib/davit\nImages, layers and containers.\n"
      ".SH EXIT STATUS\n0 where all was done, 1 where something failed, 125 for a wrong flag; of\n.BR davit\\-run "
      "(1)\nthe container's own.\n.SH SEE ALSO\n";
  for (const Command* command : shown_commands()) {
    text += fmt::format(".BR davit\\-{} (1){}\n", roff(with_dashes(command->name)),
                        command == shown_commands().back() ? "" : ",");
  }
  return text;
}

}  // namespace

std::vector<ManualFile> markdown_manual() {
  std::vector<ManualFile> files = {{"index.md", markdown_index()}};
  for (const Command* command : shown_commands())
    files.push_back({with_dashes(command->name) + ".md", markdown_page(*command)});
  return files;
}

std::vector<ManualFile> man_pages() {
  std::vector<ManualFile> files = {{"davit.1", man_index()}};
  for (const Command* command : shown_commands()) {
    const std::string page = "davit-" + with_dashes(command->name) + ".1";
    files.push_back({page, man_page(*command)});
    for (const std::string_view alias : command->aliases)
      files.push_back({"davit-" + with_dashes(alias) + ".1", ".so man1/" + page + "\n"});
  }
  return files;
}

}  // namespace davit::cli
