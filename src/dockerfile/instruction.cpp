#include "dockerfile/instruction.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/arguments.h"
#include "dockerfile/characters.h"
#include "dockerfile/flags.h"
#include "dockerfile/quantities.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) {
  throw Error::format(Code::kInvalidArgument, text, std::forward<Args>(args)...);
}

const std::vector<std::string>& words(const Statement& statement) { return statement.arguments.words; }

void no_flags(const Statement& statement) { Flags(statement.flags, {}); }

void at_least_one(bool has_one, std::string_view keyword) {
  if (!has_one) refuse("{} requires at least one argument", keyword);
}

std::string exactly_one(const Statement& statement, std::string_view keyword) {
  if (words(statement).size() != 1) refuse("{} requires exactly one argument", keyword);
  no_flags(statement);
  return words(statement).front();
}

// What a comment "NAME what it is" above says of the name.
std::string description_of(const Statement& statement, const std::string& name) {
  if (name.empty()) return {};
  for (const std::string& comment : statement.comments) {
    if (comment.starts_with(name + " ")) return comment.substr(name.size() + 1);
  }
  return {};
}

bool is_stage_name(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && is_lower(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_lower(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

InstructionValue parse_from(const Statement& statement) {
  constexpr FlagRow kFlags[] = {{"platform", FlagKind::kText}};
  const std::vector<std::string>& args = words(statement);
  From from;
  if (args.size() == 3 && base::to_lower(args[1]) == "as") {
    from.as_word = args[1];
    from.name_written = args[2];
    from.name = base::to_lower(args[2]);
    if (!is_stage_name(from.name)) {
      refuse("invalid name for build stage: {}, name can't start with a number or contain symbols", quoted(args[2]));
    }
  } else if (args.size() != 1) {
    refuse("FROM requires either one or three arguments");
  }
  from.base = args.front();
  from.platform = Flags(statement.flags, kFlags).text("platform");
  from.description = description_of(statement, from.name);
  return from;
}

CommandLine command_line(const Statement& statement) {
  return {.shell_form = !statement.arguments.json, .words = words(statement), .heredocs = statement.heredocs};
}

RunNetwork parse_network(const std::string& text) {
  if (text.empty() || text == "default") return RunNetwork::kDefault;
  if (text == "none") return RunNetwork::kNone;
  if (text == "host") return RunNetwork::kHost;
  refuse("invalid network mode {}", quoted(text));
}

RunSecurity parse_security(const std::string& text) {
  if (text.empty() || text == "sandbox") return RunSecurity::kSandbox;
  if (text == "insecure") return RunSecurity::kInsecure;
  refuse("security {} is not valid", quoted(text));
}

InstructionValue parse_run(const Statement& statement) {
  constexpr FlagRow kFlags[] = {{"mount", FlagKind::kTexts},
                                {"network", FlagKind::kText},
                                {"security", FlagKind::kText},
                                {"device", FlagKind::kTexts}};
  const Flags flags(statement.flags, kFlags);
  if (!flags.texts("device").empty()) {
    throw Error(Code::kNotSupported, "RUN --device is not supported: davit gives builds no devices");
  }
  Run run;
  for (const std::string& text : flags.texts("mount")) run.mount_flags.push_back({text, mount_from(text)});
  run.network = parse_network(flags.text("network"));
  run.security = parse_security(flags.text("security"));
  run.command = command_line(statement);
  return run;
}

InstructionValue parse_cmd(const Statement& statement) {
  no_flags(statement);
  return Cmd{command_line(statement)};
}

InstructionValue parse_entrypoint(const Statement& statement) {
  no_flags(statement);
  return Entrypoint{command_line(statement)};
}

std::vector<KeyValue> parse_pairs(const Statement& statement, std::string_view keyword) {
  no_flags(statement);
  at_least_one(!statement.arguments.pairs.empty(), keyword);
  for (const KeyValue& pair : statement.arguments.pairs) {
    if (pair.key.empty()) refuse("{} names can not be blank", keyword);
  }
  return statement.arguments.pairs;
}

InstructionValue parse_env(const Statement& statement) { return Env{parse_pairs(statement, "ENV")}; }
InstructionValue parse_label(const Statement& statement) { return Label{parse_pairs(statement, "LABEL")}; }

void need_destination(const Statement& statement, std::string_view keyword) {
  if (words(statement).size() >= 2) return;
  refuse("{} requires at least two arguments, but only one was provided. Destination could not be determined", keyword);
}

std::optional<Heredoc> heredoc_of(const std::string& word) {
  try {
    return parse_heredoc(word);
  } catch (const Error&) {
    return {};  // unbalanced quotes: a path's
  }
}

CopySources parse_sources(const Statement& statement, std::string_view keyword, const Flags& flags) {
  CopySources sources;
  sources.destination = words(statement).back();
  if (heredoc_of(sources.destination)) refuse("{} cannot accept a heredoc as a destination", keyword);
  std::map<std::string, std::string> contents;
  for (const Heredoc& heredoc : statement.heredocs) contents[heredoc.name] = heredoc.content;
  for (std::size_t i = 0; i + 1 < words(statement).size(); ++i) {
    const std::string& word = words(statement)[i];
    const std::optional<Heredoc> heredoc = heredoc_of(word);
    if (!heredoc) {
      sources.paths.push_back(word);
      continue;
    }
    const std::string& content = contents[heredoc->name];
    sources.files.push_back({heredoc->name, heredoc->chomps ? chomped(content) : content, heredoc->expands});
  }
  sources.chown = flags.text("chown");
  sources.chmod = flags.text("chmod");
  sources.link = flags.is_set("link");
  sources.excludes = flags.texts("exclude");
  return sources;
}

InstructionValue parse_copy(const Statement& statement) {
  constexpr FlagRow kFlags[] = {{"chown", FlagKind::kText},    {"from", FlagKind::kText},
                                {"chmod", FlagKind::kText},    {"link", FlagKind::kBool},
                                {"exclude", FlagKind::kTexts}, {"parents", FlagKind::kBool}};
  need_destination(statement, "COPY");
  const Flags flags(statement.flags, kFlags);
  return Copy{.sources = parse_sources(statement, "COPY", flags),
              .from = flags.text("from"),
              .parents = flags.is_set("parents")};
}

InstructionValue parse_add(const Statement& statement) {
  constexpr FlagRow kFlags[] = {{"chown", FlagKind::kText},    {"chmod", FlagKind::kText},
                                {"link", FlagKind::kBool},     {"keep-git-dir", FlagKind::kBool},
                                {"checksum", FlagKind::kText}, {"unpack", FlagKind::kBool},
                                {"exclude", FlagKind::kTexts}};
  need_destination(statement, "ADD");
  const Flags flags(statement.flags, kFlags);
  return Add{.sources = parse_sources(statement, "ADD", flags),
             .checksum = flags.text("checksum"),
             .keep_git_dir = flags.choice("keep-git-dir"),
             .unpack = flags.choice("unpack")};
}

InstructionValue parse_expose(const Statement& statement) {
  at_least_one(!words(statement).empty(), "EXPOSE");
  no_flags(statement);
  Expose expose{words(statement)};
  std::sort(expose.ports.begin(), expose.ports.end());
  return expose;
}

InstructionValue parse_user(const Statement& statement) { return User{exactly_one(statement, "USER")}; }
InstructionValue parse_workdir(const Statement& statement) { return Workdir{exactly_one(statement, "WORKDIR")}; }
InstructionValue parse_maintainer(const Statement& statement) {
  return Maintainer{exactly_one(statement, "MAINTAINER")};
}

InstructionValue parse_volume(const Statement& statement) {
  at_least_one(!words(statement).empty(), "VOLUME");
  no_flags(statement);
  Volume volume;
  for (const std::string& word : words(statement)) {
    volume.paths.emplace_back(trim_space(word));
    if (volume.paths.back().empty()) refuse("VOLUME specified can not be an empty string");
  }
  return volume;
}

InstructionValue parse_shell(const Statement& statement) {
  no_flags(statement);
  at_least_one(!words(statement).empty(), "SHELL");
  if (!statement.arguments.json) refuse("SHELL requires the arguments to be in JSON form");
  return Shell{words(statement)};
}

// BuildKit passes over this instruction's flags, and ARG's.
InstructionValue parse_stop_signal(const Statement& statement) {
  if (words(statement).size() != 1) refuse("STOPSIGNAL requires exactly one argument");
  return StopSignal{words(statement).front()};
}

std::chrono::nanoseconds health_span(const Flags& flags, std::string_view flag) {
  const std::string text = flags.text(flag);
  if (text.empty()) return std::chrono::nanoseconds(0);
  const std::optional<std::chrono::nanoseconds> span = parse_go_duration(text);
  if (!span) refuse("time: invalid duration {}", quoted(text));
  if (span->count() != 0 && *span < std::chrono::milliseconds(1)) {
    refuse("Interval {} cannot be less than 1ms", quoted(flag));
  }
  return *span;
}

int health_retries(const std::string& text) {
  if (text.empty()) return 0;
  const bool negative = text.starts_with('-');
  const std::optional<std::uint32_t> count = parse_number(std::string_view(text).substr(negative ? 1 : 0), 10);
  if (!count || *count > 0x7fffffff) refuse("strconv.ParseInt: parsing {}: invalid syntax", quoted(text));
  if (negative && *count > 0) refuse("--retries cannot be negative ({})", text);
  return static_cast<int>(*count);
}

InstructionValue parse_health_check(const Statement& statement) {
  constexpr FlagRow kFlags[] = {{"interval", FlagKind::kText},
                                {"timeout", FlagKind::kText},
                                {"start-period", FlagKind::kText},
                                {"start-interval", FlagKind::kText},
                                {"retries", FlagKind::kText}};
  at_least_one(!words(statement).empty(), "HEALTHCHECK");
  const std::string type = base::to_upper(words(statement).front());
  HealthCheck check;
  check.command = command_line(statement);
  check.command.words.erase(check.command.words.begin());
  check.none = type == "NONE";
  if (check.none) {
    if (!check.command.words.empty()) refuse("HEALTHCHECK NONE takes no arguments");
    return check;
  }
  const Flags flags(statement.flags, kFlags);
  if (type != "CMD") refuse("Unknown type {} in HEALTHCHECK (try CMD)", quoted(type));
  if (check.command.words.empty()) refuse("Missing command after HEALTHCHECK CMD");
  check.interval = health_span(flags, "interval");
  check.timeout = health_span(flags, "timeout");
  check.start_period = health_span(flags, "start-period");
  check.start_interval = health_span(flags, "start-interval");
  check.retries = health_retries(flags.text("retries"));
  return check;
}

InstructionValue parse_on_build(const Statement& statement) {
  at_least_one(!words(statement).empty(), "ONBUILD");
  no_flags(statement);
  const std::string trigger = base::to_upper(words(statement).front());
  if (trigger == "ONBUILD") refuse("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger == "MAINTAINER" || trigger == "FROM") refuse("{} isn't allowed as an ONBUILD trigger", trigger);
  OnBuild on_build{std::string(without_keyword(statement.text))};
  for (const Heredoc& heredoc : statement.heredocs) {
    on_build.trigger.append("\n").append(heredoc.content).append(heredoc.name);
  }
  return on_build;
}

InstructionValue parse_arg(const Statement& statement) {
  at_least_one(!words(statement).empty(), "ARG");
  Arg arg;
  for (const std::string& word : words(statement)) {
    const std::size_t equals = word.find('=');
    if (equals == 0) refuse("ARG names can not be blank");
    ArgDefinition definition{.name = word.substr(0, equals)};
    if (equals != std::string::npos) definition.value = word.substr(equals + 1);
    definition.description = description_of(statement, definition.name);
    arg.definitions.push_back(std::move(definition));
  }
  return arg;
}

struct InstructionRow {
  std::string_view keyword;
  InstructionValue (*parse)(const Statement&);
};

constexpr InstructionRow kInstructions[] = {{"FROM", parse_from},
                                            {"RUN", parse_run},
                                            {"CMD", parse_cmd},
                                            {"ENTRYPOINT", parse_entrypoint},
                                            {"ENV", parse_env},
                                            {"LABEL", parse_label},
                                            {"COPY", parse_copy},
                                            {"ADD", parse_add},
                                            {"EXPOSE", parse_expose},
                                            {"USER", parse_user},
                                            {"WORKDIR", parse_workdir},
                                            {"VOLUME", parse_volume},
                                            {"SHELL", parse_shell},
                                            {"STOPSIGNAL", parse_stop_signal},
                                            {"HEALTHCHECK", parse_health_check},
                                            {"ONBUILD", parse_on_build},
                                            {"ARG", parse_arg},
                                            {"MAINTAINER", parse_maintainer}};

const InstructionRow& find_instruction(const std::string& keyword) {
  const std::string name = base::to_upper(keyword);
  std::vector<std::string> names;
  for (const InstructionRow& row : kInstructions) {
    if (row.keyword == name) return row;
    names.emplace_back(row.keyword);
  }
  refuse("unknown instruction: {}{}", base::printable(keyword), did_you_mean(keyword, names, WordCase::kAny));
}

}  // namespace

Instruction parse_instruction(const Statement& statement) {
  return {.keyword = statement.keyword,
          .text = std::string(trim_space(statement.text)),
          .lines = statement.lines,
          .comments = statement.comments,
          .value = find_instruction(statement.keyword).parse(statement)};
}

}  // namespace davit::dockerfile
