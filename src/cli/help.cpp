#include "cli/help.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/core.h>

namespace davit::cli {

namespace {

// Docker's order.
constexpr std::string_view kCommonCommands[] = {"run",    "exec",  "ps",     "build",  "pull",    "push",
                                                "images", "login", "logout", "search", "version", "info"};

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

std::string flag_column(const Flag& flag) { return (flag.letter != 0 ? "  " : "      ") + flag_words(flag); }

// Breaks a text at spaces, by pflag's rule: a last word that would stand alone may go a little over, and a line ends
// where the text's own does.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
  constexpr std::size_t kNarrowest = 24, kSlop = 5;
  const bool is_narrow = columns < indent + kNarrowest;
  const std::size_t width = is_narrow ? text.size() : columns - indent - kSlop;
  std::string result;
  const auto next_line = [&](std::size_t end) {
    result += fmt::format("{}\n{:{}}", text.substr(0, end), "", indent);
    text.remove_prefix(end + 1);
  };
  while (true) {
    const std::string_view start = text.substr(0, width);
    const std::size_t newline = start.find('\n');
    const std::size_t space = start.rfind(' ');
    if (newline != std::string_view::npos) {
      next_line(newline);
    } else if (!is_narrow && text.size() > width + kSlop - 1 && space != std::string_view::npos && space != 0) {
      next_line(space);
    } else if (const std::size_t later = text.find('\n'); later != std::string_view::npos) {
      next_line(later);
    } else {
      return result + std::string(text);
    }
  }
}

struct Row {
  std::string_view name, summary;
};

std::string rows_text(const std::vector<Row>& rows, std::size_t width) {
  std::string text;
  for (const Row& row : rows) text += fmt::format("  {:<{}}   {}\n", row.name, width, row.summary);
  return text;
}

std::size_t width_of(const std::vector<Row>& rows, std::size_t least = 0) {
  for (const Row& row : rows) least = std::max(least, row.name.size());
  return least;
}

bool is_grouped(const Command& command) { return command.name.find(' ') != std::string_view::npos; }

std::size_t edit_distance(std::string_view a, std::string_view b) {  // Levenshtein's
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

bool is_like(std::string_view typed, std::string_view name) {
  if (typed.size() >= 2 && name.starts_with(typed)) return true;
  return edit_distance(typed, name) <= (typed.size() <= 5 ? 1U : 2U);
}

}  // namespace

std::string flag_words(const Flag& flag) {
  std::string words =
      flag.letter != 0 ? fmt::format("-{}, --{}", flag.letter, flag.name) : fmt::format("--{}", flag.name);
  if (const auto name = value_name(flag); !name.empty()) words += fmt::format(" {}", name);
  return words;
}

std::string flag_text(const Flag& flag) {
  if (flag.default_text.empty()) return std::string(flag.help);
  return flag.kind == ValueKind::kString && flag.value_name.empty()
             ? fmt::format("{} (default \"{}\")", flag.help, flag.default_text)
             : fmt::format("{} (default {})", flag.help, flag.default_text);
}

std::string flag_rows(const std::vector<Flag>& flags, std::size_t columns) {
  std::size_t width = 0;
  for (const Flag& flag : flags) {
    if (!flag.hidden) width = std::max(width, flag_column(flag).size());
  }
  std::string rows;
  for (const Flag& flag : flags) {
    if (flag.hidden) continue;
    rows += fmt::format("{:<{}}   {}\n", flag_column(flag), width, wrapped(flag_text(flag), width + 3, columns - 1));
  }
  return rows;
}

std::vector<std::string_view> names_of(const Command& command) {
  std::vector<std::string_view> names = command.aliases;
  names.push_back(command.alias_of.empty() ? command.name : command.alias_of);
  return names;
}

std::vector<const Command*> commands_of(const Group& group) {
  const std::string prefix = std::string(group.name) + " ";
  std::vector<const Command*> rows;
  for (const Command& command : commands()) {
    if (command.hidden || !command.name.starts_with(prefix)) continue;
    // A command whose own name is elsewhere ("container ls" is "ps") has one row here all the same.
    const std::string_view own = command.alias_of.empty() ? command.name : command.alias_of;
    if (own.starts_with(prefix)) {
      if (own == command.name) rows.push_back(&command);
      continue;
    }
    const auto names = names_of(command);
    const auto first = std::find_if(names.begin(), names.end(), [&](auto name) { return name.starts_with(prefix); });
    if (*first == command.name) rows.push_back(&command);
  }
  return rows;
}

std::string usage_line(const Command& command) {
  return fmt::format("Usage:  davit {}{}{}", command.name, command.arguments.empty() ? "" : " ", command.arguments);
}

std::string command_help(const Command& command, std::size_t columns) {
  std::string text = fmt::format("{}\n\n{}\n", usage_line(command), command.summary);
  if (const auto names = names_of(command); names.size() > 1) {
    text += "\nAliases:\n ";
    for (const std::string_view name : names)
      text += fmt::format(" davit {}{}", name, name == names.back() ? "\n" : ",");
  }
  const bool has_flags =
      std::any_of(command.flags.begin(), command.flags.end(), [](const Flag& flag) { return !flag.hidden; });
  if (has_flags) text += fmt::format("\nOptions:\n{}", flag_rows(command.flags, columns));
  return text;
}

std::string program_help(std::size_t columns) {
  std::vector<Row> common, others, management;
  for (const std::string_view name : kCommonCommands) {
    for (const Command& command : commands()) {
      if (command.name == name && !command.hidden) common.push_back({command.name, command.summary});
    }
  }
  for (const Group& group : groups()) {
    if (find_group(group.name) != nullptr) management.push_back({group.name, group.summary});
  }
  for (const Command& command : commands()) {
    const bool is_common =
        std::find(std::begin(kCommonCommands), std::end(kCommonCommands), command.name) != std::end(kCommonCommands);
    if (!command.hidden && !is_common && !is_grouped(command)) others.push_back({command.name, command.summary});
  }
  const std::size_t width = width_of(common, width_of(others, width_of(management)));
  return fmt::format(
      "Usage:  davit [OPTIONS] COMMAND\n\nContainer images, from build to rollback\n\nCommon Commands:\n{}\n"
      "Management Commands:\n{}\nCommands:\n{}\nGlobal Options:\n{}\n"
      "Run 'davit COMMAND --help' for more information on a command.\n",
      rows_text(common, width), rows_text(management, width), rows_text(others, width),
      flag_rows(global_flags(), columns));
}

std::string group_help(const Group& group) {
  std::vector<Row> rows;
  for (const Command* command : commands_of(group)) {
    rows.push_back({command->name.substr(group.name.size() + 1), command->summary});
  }
  return fmt::format(
      "Usage:  davit {0} COMMAND\n\n{1}\n\nCommands:\n{2}\nRun 'davit {0} COMMAND --help' for more information on a "
      "command.\n",
      group.name, group.summary, rows_text(rows, width_of(rows)));
}

std::string did_you_mean(std::string_view word, std::string_view group) {
  const std::string prefix = group.empty() ? "" : std::string(group) + " ";
  std::set<std::string_view> near;
  for (const Command& command : commands()) {
    if (command.hidden || !command.name.starts_with(prefix)) continue;
    const std::string_view rest = command.name.substr(prefix.size());
    const std::string_view name = rest.substr(0, rest.find(' '));
    if (is_like(word, name)) near.insert(name);
  }
  if (near.empty()) return {};
  std::string text = "\n\nDid you mean this?";
  for (const std::string_view name : near) text += fmt::format("\n\t{}", name);
  return text;
}

}  // namespace davit::cli
