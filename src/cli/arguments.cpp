#include "cli/arguments.h"

#include <algorithm>

#include "base/strings.h"
#include "cli/go_number.h"
#include "cli/help.h"

namespace davit::cli {

UsageError::UsageError(std::string message, int exit_code, const Command& command, std::string_view verb)
    : UsageError(std::move(message), exit_code,
                 Hint{.usage = usage_line(command), .program = "davit " + std::string(command.name), .verb = verb}) {}

// Walks over the words; shared by a command's flags and the global ones.
struct Parser {
  const std::vector<Flag>& flags;
  const Command* command;
  bool stop_at_argument;
  const std::vector<std::string>& words;
  Arguments result = {};
  std::size_t next = 0;

  [[noreturn]] void fail(const std::string& message) const {
    if (command == nullptr)
      throw UsageError(message, kDavitFailed, {.usage = "Usage:  davit [OPTIONS] COMMAND [ARG...]"});
    throw UsageError(message, kDavitFailed, *command);
  }

  const Flag* by_name(std::string_view name) const {
    const auto found = std::find_if(flags.begin(), flags.end(), [&](const Flag& flag) { return flag.name == name; });
    return found == flags.end() ? nullptr : &*found;
  }
  const Flag* by_letter(char letter) const {
    const auto found =
        std::find_if(flags.begin(), flags.end(), [&](const Flag& flag) { return flag.letter == letter; });
    return found == flags.end() ? nullptr : &*found;
  }

  void set(const Flag& flag, const std::string& value) {
    const auto shown =
        flag.letter != 0 ? fmt::format("-{}, --{}", flag.letter, flag.name) : fmt::format("--{}", flag.name);
    if (flag.kind == ValueKind::kBool && !base::parse_bool(value)) {
      fail(fmt::format("invalid argument \"{0}\" for \"{1}\" flag: strconv.ParseBool: parsing \"{0}\": invalid syntax",
                       value, shown));
    }
    if (flag.kind == ValueKind::kInt) {
      try {
        parse_int(value);
      } catch (const base::Error& error) {
        fail(fmt::format("invalid argument \"{}\" for \"{}\" flag: {}", value, shown, error.message()));
      }
    }
    auto& values = result.values_[std::string(flag.name)];
    if (flag.kind != ValueKind::kList) values.clear();
    values.push_back(value);
  }

  void long_flag(std::string_view body) {
    const std::size_t equals = body.find('=');
    const std::string_view name = body.substr(0, equals);
    if (name == "help") {
      result.help_ = true;
      return;
    }
    const Flag* flag = by_name(name);
    if (flag == nullptr) fail(fmt::format("unknown flag: --{}", name));
    if (equals != std::string_view::npos) {
      set(*flag, std::string(body.substr(equals + 1)));
    } else if (flag->kind == ValueKind::kBool) {
      set(*flag, "true");
    } else if (next < words.size()) {
      set(*flag, words[next++]);
    } else {
      fail(fmt::format("flag needs an argument: --{}", name));
    }
  }

  void short_flags(std::string_view body) {
    const std::string whole(body);
    while (!body.empty()) {
      const char letter = body.front();
      body.remove_prefix(1);
      const Flag* flag = by_letter(letter);
      if (flag == nullptr && letter == 'h') {
        result.help_ = true;
        continue;
      }
      if (flag == nullptr) fail(fmt::format("unknown shorthand flag: '{}' in -{}", letter, whole));
      if (!body.empty() && body.front() == '=') {
        set(*flag, std::string(body.substr(1)));
        return;
      }
      if (flag->kind == ValueKind::kBool) {
        set(*flag, "true");
        continue;
      }
      if (!body.empty()) {
        set(*flag, std::string(body));
      } else if (next < words.size()) {
        set(*flag, words[next++]);
      } else {
        fail(fmt::format("flag needs an argument: '{}' in -{}", letter, whole));
      }
      return;
    }
  }

  void parse() {
    while (next < words.size()) {
      const std::string& word = words[next];
      if (word == "--") {
        ++next;
        break;
      }
      if (word.size() < 2 || word.front() != '-') {
        if (stop_at_argument) break;
        result.positional_.push_back(word);
        ++next;
        continue;
      }
      ++next;
      if (word[1] == '-') {
        long_flag(std::string_view(word).substr(2));
      } else {
        short_flags(std::string_view(word).substr(1));
      }
    }
  }
};

namespace {

std::string plural(int count) { return fmt::format("{} argument{}", count, count == 1 ? "" : "s"); }

void check_count(const Command& command, std::size_t count) {
  const auto given = static_cast<int>(count);
  const auto fail = [&](const std::string& wanted, std::string_view verb = "Run") {
    throw UsageError(fmt::format("davit: 'davit {}' {}", command.name, wanted), 1, command, verb);
  };
  if (command.least == command.most && given != command.least) {
    fail(command.least == 0 ? "accepts no arguments" : "requires " + plural(command.least));
  }
  if (command.tells_range && (given < command.least || given > command.most))
    fail(fmt::format("requires at least {} and at most {}", command.least, plural(command.most)));
  if (given < command.least) fail("requires at least " + plural(command.least), "See");
  if (command.most != kAnyNumber && given > command.most) fail("requires at most " + plural(command.most));
}

}  // namespace

Arguments Arguments::parse(const Command& command, const std::vector<std::string>& words) {
  Parser parser{command.flags, &command, command.flags_end_at_argument, words};
  parser.parse();
  Arguments arguments = std::move(parser.result);
  for (; parser.next < words.size(); ++parser.next) arguments.positional_.push_back(words[parser.next]);
  arguments.command_ = &command;
  if (!arguments.help_) check_count(command, arguments.positional_.size());
  return arguments;
}

bool Arguments::flag(std::string_view name) const { return base::parse_bool(text(name)).value_or(false); }

std::string Arguments::text(std::string_view name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second.back();
  for (const Flag& row : command_->flags) {
    if (row.name == name) return std::string(row.default_text);
  }
  return {};
}

std::vector<std::string> Arguments::list(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::int64_t Arguments::number(std::string_view name) const {
  const std::string value = text(name);
  return value.empty() ? 0 : parse_int(value);
}

GlobalArguments parse_global(const std::vector<std::string>& words) {
  Parser parser{global_flags(), nullptr, true, words};
  parser.parse();
  GlobalArguments global;
  global.consumed = parser.next;
  for (const Flag& row : global_flags()) {
    if (!parser.result.given(row.name)) continue;
    const auto values = parser.result.list(row.name);
    global.values[std::string(row.name)] =
        row.kind == ValueKind::kBool ? (parser.result.flag(row.name) ? "true" : "") : values.back();
  }
  if (parser.result.help()) global.values["help"] = "true";
  return global;
}

}  // namespace davit::cli
