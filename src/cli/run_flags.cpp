#include "cli/run_flags.h"

#include <algorithm>
#include <climits>
#include <exception>

#include "cli/context.h"
#include "cli/image_name.h"
#include "cli/pull_options.h"
#include "cli/run_flag_rows.h"

namespace davit::cli {

namespace {

std::string shown(const Flag& flag) {
  return flag.letter != 0 ? fmt::format("-{}, --{}", flag.letter, flag.name) : fmt::format("--{}", flag.name);
}

std::string quoted(const std::string& text) {  // as Go's %q
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::vector<Flag> parser_rows(bool of_run) {
  std::vector<Flag> rows;
  for (const RunFlag& row : run_flags()) {
    if (of_run || !row.only_run) rows.push_back(row.flag);
  }
  return rows;
}

void put(const RunFlag& row, const FlagValues& values, RunLine& line) {
  if (row.put != nullptr) return row.put(values, line);
  if (row.flag.kind == ValueKind::kBool && !values.flag()) return;
  throw ClientError(fmt::format("--{} is not supported: {}", row.flag.name, row.refused), base::Code::kNotSupported);
}

bool is_run(const Arguments& arguments) { return arguments.command().handler == run_run; }

// Docker's rules: standard input where it is kept open; output and errors where no -a says otherwise; nothing of a
// container that runs in the background.
void attach_by_default(const Arguments& arguments, RunLine& line) {
  auto& asked = line.asked();
  asked.attach_stdin = asked.attach_stdin || asked.open_stdin;
  if (arguments.list("attach").empty()) asked.attach_stdout = asked.attach_stderr = true;
  if (line.detach) asked.attach_stdin = asked.attach_stdout = asked.attach_stderr = false;
  asked.stdin_once = asked.open_stdin && asked.attach_stdin;
}

}  // namespace

const std::vector<RunFlag>& run_flags() {
  static const std::vector<RunFlag> table = [] {
    std::vector<RunFlag> rows;
    for (const auto& part : {command_flags(), process_flags(), resource_flags(), security_flags(), file_flags(),
                             network_flags(), refused_flags()}) {
      rows.insert(rows.end(), part.begin(), part.end());
    }
    std::sort(rows.begin(), rows.end(), [](const RunFlag& a, const RunFlag& b) { return a.flag.name < b.flag.name; });
    return rows;
  }();
  return table;
}

std::vector<Flag> flags_of_run() { return parser_rows(true); }

std::vector<Flag> flags_of_create() {
  std::vector<Flag> rows = parser_rows(false);
  for (Flag& row : rows) {
    if (row.name == "pull") row.help = "Pull image before creating (\"always\", \"|missing\", \"never\")";
  }
  return rows;
}

int FlagValues::integer() const {
  const std::int64_t value = number();
  if (value < INT_MIN || value > INT_MAX)
    mistake(text(), fmt::format("strconv.ParseInt: parsing \"{}\": value out of range", text()));
  return static_cast<int>(value);
}

void FlagValues::mistake(const std::string& value, const std::string& reason) const {
  throw UsageError(fmt::format("invalid argument {} for \"{}\" flag: {}", quoted(value), shown(*flag_), reason),
                   kDavitFailed, arguments_->command());
}

RunLine parse_run_line(Context& context, const Arguments& arguments) {
  RunLine line;
  line.options.pull_options = pull_options_of(context.settings());
  line.options.pull_options.command = is_run(arguments) ? "run" : "create";
  std::exception_ptr of_client;  // the first
  const auto keeping = [&](const auto& work) {
    try {
      work();
    } catch (const UsageError&) {
      throw;
    } catch (const ClientError&) {
      if (!of_client) of_client = std::current_exception();
    } catch (const base::Error&) {
      if (!line.refused) line.refused = std::current_exception();
    }
  };
  for (const RunFlag& row : run_flags()) {
    if (arguments.given(row.flag.name)) keeping([&] { put(row, FlagValues(arguments, row.flag), line); });
  }
  keeping([&] { put_networks(arguments, line); });
  if (of_client) std::rethrow_exception(of_client);
  line.options.image = arguments.positional()[0];
  line.options.command.assign(arguments.positional().begin() + 1, arguments.positional().end());
  attach_by_default(arguments, line);
  return line;
}

void check_run_line(const RunLine& line) {
  check_image_name(line.options.image);
  if (line.refused) std::rethrow_exception(line.refused);
}

}  // namespace davit::cli
