#include "cli/help.h"

#include <algorithm>

#include <fmt/core.h>

namespace davit::cli {

namespace {

std::string_view value_name(const Flag& flag) {
  if (!flag.value_name.empty()) return flag.value_name;
  switch (flag.kind) {
    case ValueKind::kBool:
      return "";
    case ValueKind::kString:
      return "string";
    case ValueKind::kList:
      return "list";
    case ValueKind::kInt:
      return "int";
  }
  return "";
}

// "  -q, --quiet", "      --name string"
std::string flag_column(const Flag& flag) {
  std::string column =
      flag.letter != 0 ? fmt::format("  -{}, --{}", flag.letter, flag.name) : fmt::format("      --{}", flag.name);
  if (const auto name = value_name(flag); !name.empty()) column += fmt::format(" {}", name);
  return column;
}

std::string flag_rows(const std::vector<Flag>& flags) {
  std::size_t width = 0;
  for (const Flag& flag : flags) {
    if (!flag.hidden) width = std::max(width, flag_column(flag).size());
  }
  std::string rows;
  for (const Flag& flag : flags) {
    if (flag.hidden) continue;
    std::string help(flag.help);
    if (!flag.default_text.empty()) {
      help += flag.kind == ValueKind::kString ? fmt::format(" (default \"{}\")", flag.default_text)
                                              : fmt::format(" (default {})", flag.default_text);
    }
    rows += fmt::format("{:<{}}   {}\n", flag_column(flag), width, help);
  }
  return rows;
}

std::string command_rows(const std::vector<const Command*>& rows, std::size_t skip_words_length) {
  std::size_t width = 0;
  for (const Command* command : rows) width = std::max(width, command->name.size() - skip_words_length);
  std::string text;
  for (const Command* command : rows) {
    text += fmt::format("  {:<{}}   {}\n", command->name.substr(skip_words_length), width, command->summary);
  }
  return text;
}

}  // namespace

std::string usage_line(const Command& command) {
  return fmt::format("Usage:  davit {}{}{}", command.name, command.arguments.empty() ? "" : " ", command.arguments);
}

std::string command_help(const Command& command) {
  std::string text = fmt::format("{}\n\n{}\n", usage_line(command), command.summary);
  if (!command.flags.empty()) text += fmt::format("\nOptions:\n{}", flag_rows(command.flags));
  return text;
}

std::string program_help() {
  std::vector<const Command*> rows;
  for (const Command& command : commands()) {
    if (!command.hidden && command.alias_of.empty()) rows.push_back(&command);
  }
  return fmt::format(
      "Usage:  davit [OPTIONS] COMMAND\n\nContainer images, from build to rollback\n\nCommands:\n{}\nGlobal "
      "Options:\n{}\n"
      "Run 'davit COMMAND --help' for more information on a command.\n",
      command_rows(rows, 0), flag_rows(global_flags()));
}

std::string group_help(const std::string& word) {
  std::vector<const Command*> rows;
  for (const Command& command : commands()) {
    if (!command.hidden && command.name.starts_with(word + " ")) rows.push_back(&command);
  }
  if (rows.empty()) return {};
  return fmt::format(
      "Usage:  davit {0} COMMAND\n\nCommands:\n{1}\nRun 'davit {0} COMMAND --help' for more information on a "
      "command.\n",
      word, command_rows(rows, word.size() + 1));
}

}  // namespace davit::cli
