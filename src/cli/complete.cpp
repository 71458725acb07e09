#include "cli/complete.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/strings.h"
#include "cli/command.h"

namespace davit::cli {

namespace {

constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// "[NAME[:TAG]...]" -> "NAME": the word of an argument without what is optional or may follow.
std::string_view word_of(std::string_view argument) {
  if (argument.starts_with('[')) argument.remove_prefix(1);
  const std::size_t end = argument.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_|-");
  return argument.substr(0, end);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    if (end != 0) parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

// The word of the argument at a position; the last repeats where "..." says so.
std::string_view argument_at(const Command& command, std::size_t position) {
  std::vector<std::string_view> arguments = split(command.arguments, ' ');
  std::erase(arguments, "[OPTIONS]");
  if (arguments.empty()) return {};
  if (position < arguments.size()) return arguments[position];
  return arguments.back().find("...") == std::string_view::npos ? std::string_view() : arguments.back();
}

const Flag* flag_of(const std::vector<Flag>& flags, std::string_view word) {
  for (const Flag& flag : flags) {
    if (word.starts_with("--") && word.substr(2) == flag.name) return &flag;
    // Of letters in one word the last may take a value: "-it", "-qf".
    if (word.size() >= 2 && word[0] == '-' && word[1] != '-' && flag.letter != 0 && word.back() == flag.letter)
      return &flag;
  }
  return nullptr;
}

class Completer {
 public:
  Completer(const std::vector<std::string>& words, const CompletionSources& sources)
      : words_(words), sources_(sources), typed_(words.back()) {}

  Completion complete() {
    if (walk_global()) return finish();
    if (next_ + 1 >= words_.size()) {
      add_first_words();
      return finish();
    }
    if (words_[next_] == "help") {
      ++next_;
      next_ + 1 >= words_.size() ? add_first_words() : add_second_words(words_[next_]);
      return finish();
    }
    const std::vector<std::string> rest(words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end() - 1);
    std::size_t used = 0;
    const Command* command = find_command(rest, &used);
    if (command == nullptr) {
      if (rest.size() == 1) add_second_words(rest[0]);
      return finish();
    }
    next_ += used;
    if (rest.size() == used) add_second_words(rest[0]);  // "tags" may be a command and a group
    if (!walk(*command)) {
      add_kind(argument_at(*command, positional_), "");
    }
    return finish();
  }

 private:
  // Go over words up to the last. True when that one is a flag or a flag's value, for which candidates are added.

  bool walk_global() {  // up to the command, which is not taken
    for (; next_ + 1 < words_.size(); ++next_) {
      const std::string& word = words_[next_];
      if (!is_flag(word)) return false;
      if (!takes_value(global_flags(), word)) {
        note_global(word, "");
        continue;
      }
      if (value_is_typed(global_flags(), word)) return true;
      note_global(word, words_[++next_]);
    }
    return add_flags(global_flags());
  }

  bool walk(const Command& command) {
    bool flags_ended = false;
    for (; next_ + 1 < words_.size(); ++next_) {
      const std::string& word = words_[next_];
      if (!flags_ended && word == "--") {
        flags_ended = true;
      } else if (!flags_ended && is_flag(word)) {
        if (!takes_value(command.flags, word)) continue;
        if (value_is_typed(command.flags, word)) return true;
        ++next_;
      } else {
        ++positional_;
        flags_ended = flags_ended || command.flags_end_at_argument;
      }
    }
    return !flags_ended && add_flags(command.flags);
  }

  static bool is_flag(const std::string& word) { return word.size() > 1 && word[0] == '-'; }
  static bool takes_value(const std::vector<Flag>& flags, const std::string& word) {
    const Flag* flag = flag_of(flags, word);
    return flag != nullptr && flag->kind != ValueKind::kBool;
  }
  // Whether the last word is the value of the flag before it.
  bool value_is_typed(const std::vector<Flag>& flags, const std::string& word) {
    if (next_ + 2 != words_.size()) return false;
    add_kind(flag_of(flags, word)->values, "");
    return true;
  }

  bool add_flags(const std::vector<Flag>& flags) {
    if (!typed_.starts_with('-')) return false;
    if (const std::size_t equals = typed_.find('='); equals != std::string::npos) {
      const std::string name = typed_.substr(0, equals);
      if (const Flag* flag = flag_of(flags, name)) add_kind(flag->values, name + "=");
      return true;
    }
    for (const Flag& flag : flags) {
      if (!flag.hidden) add("--" + std::string(flag.name), flag.help);
    }
    add("--help", "Show what the command does");
    return true;
  }

  void note_global(std::string word, std::string value) {
    if (const std::size_t equals = word.find('='); equals != std::string::npos) {
      value = word.substr(equals + 1);
      word.resize(equals);
    }
    if (word == "--root") root_ = value;
    if (word == "--config") config_ = value;
  }

  void add_first_words() {
    for (const Command& command : commands()) {
      if (!command.hidden && command.name.find(' ') == std::string_view::npos) add(command.name, command.summary);
    }
    for (const Group& group : groups()) {
      if (find_group(group.name) != nullptr) add(group.name, group.summary);
    }
    add("help", "Show what a command does");
  }

  void add_second_words(const std::string& first) {
    if (find_group(first) == nullptr) return;
    for (const Command& command : commands()) {
      if (!command.hidden && command.name.starts_with(first + " ")) {
        add(command.name.substr(first.size() + 1), command.summary);
      }
    }
  }

  // `argument`: an argument's word, or values in lower case. `before`: what stands before the value in the same word.
  void add_kind(std::string_view argument, const std::string& before) {
    if (argument.empty()) return;
    if (argument.find_first_of(kUpper) == std::string_view::npos) {
      const char separator = argument.find('|') == std::string_view::npos ? ' ' : '|';
      for (const std::string_view value : split(argument, separator)) add(before + std::string(value), "");
      return;
    }
    const Completes kind = completes(word_of(argument));
    if (kind == Completes::kFiles) {
      result_.files = true;
    } else if (kind != Completes::kNothing && kind != Completes::kUnknown) {
      for (Candidate& candidate : sources_.list(kind, root_, config_, typed_.substr(before.size()))) {
        add(before + candidate.text, candidate.help);
      }
    }
  }

  void add(std::string_view text, std::string_view help) {
    if (!text.starts_with(typed_)) return;
    // One candidate a line, its help after a tab: neither may have such letters.
    if (text.find_first_of("\t\n\r") != std::string_view::npos) return;
    result_.candidates.push_back({std::string(text), std::string(help.substr(0, help.find_first_of("\t\n\r")))});
  }

  Completion finish() {
    auto& all = result_.candidates;
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.text == b.text; }),
              all.end());
    return std::move(result_);
  }

  const std::vector<std::string>& words_;
  const CompletionSources& sources_;
  const std::string typed_;
  std::size_t next_ = 0;
  std::size_t positional_ = 0;
  std::string root_, config_;
  Completion result_;
};

}  // namespace

Completes completes(std::string_view argument_word) {
  using enum Completes;
  static const std::map<std::string_view, Completes> kinds = {
      {"ARG", kNothing},      {"COMMAND", kNothing},      {"CONTAINER", kContainers}, {"DEST_PATH|-", kFiles},
      {"DIR", kFiles},        {"FILE", kFiles},           {"FILE|-", kFiles},         {"IMAGE", kImages},
      {"MANIFEST", kImages},  {"MANIFEST_LIST", kImages}, {"NAME", kImages},          {"PATH", kFiles},
      {"NAME|ID", kObjects},  {"REPOSITORY", kImages},    {"SERVER", kRegistries},    {"SRC_PATH|-", kFiles},
      {"SOURCE", kImages},    {"SOURCE_IMAGE", kImages},  {"TARGET", kImages},        {"TARGET_IMAGE", kImages},
      {"TERM", kNothing},     {"VOLUME", kVolumes},       {"WORD", kNothing},         {"NEW_NAME", kNothing},
      {"OPTIONS", kNothing},  {"SESSION", kNothing},      {"ID", kNothing},           {"USER", kNothing},
      {"NETWORK", kNetworks}, {"PRIVATE_PORT", kNothing},
  };
  const auto found = kinds.find(argument_word);
  return found == kinds.end() ? kUnknown : found->second;
}

Completion complete(const std::vector<std::string>& words, const CompletionSources& sources) {
  if (words.empty()) return {};
  return Completer(words, sources).complete();
}

}  // namespace davit::cli
