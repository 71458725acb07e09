#include "container/logs.h"

#include <charconv>
#include <csignal>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/streams.h"
#include "container/log_details.h"
#include "operations/filters.h"

namespace davit::cli {

namespace {

// What a URL's query takes as it is; docker writes details so.
std::string query_escaped(const std::string& text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string escaped;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      escaped += c;
    } else if (c == ' ') {
      escaped += '+';
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

// "A=one,l=two,tag=x".
std::string details_of(const container::Description& description) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : container::log_details(description)) {
    parts.push_back(query_escaped(name) + "=" + query_escaped(value));
  }
  return base::join(parts, ",");
}

// RFC 3339 with all nine digits of a second's fraction, so that lines stand in columns.
std::string timestamp(base::Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = base::to_rfc3339(seconds);
  text.pop_back();
  return fmt::format("{}.{:09}Z", text, (time - seconds).count());
}

std::optional<base::Time> moment_of(const Arguments& arguments, const char* flag) {
  const std::string text = arguments.text(flag);
  if (text.empty()) return std::nullopt;
  try {
    return operations::parse_moment(text, base::now());
  } catch (const base::Error& error) {
    throw ClientError(fmt::format("invalid value for \"{}\": {}", flag, error.message()));
  }
}

// As docker: what is no number, or negative, means all.
std::optional<std::uint64_t> tail_of(const std::string& text) {
  std::uint64_t lines = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return lines;
}

}  // namespace

int run_logs(Context& context, const Arguments& arguments) {
  const auto container = context.containers().get(arguments.positional()[0]);
  const container::LogOptions options = {.tail = tail_of(arguments.text("tail")),
                                         .since = moment_of(arguments, "since"),
                                         .until = moment_of(arguments, "until"),
                                         .follow = arguments.flag("follow")};
  const bool timestamps = arguments.flag("timestamps");
  const bool details = arguments.flag("details");
  const std::string detail_words = details ? details_of(container.record.description) + " " : "";
  // Whoever reads no more ends us, as it does any filter.
  std::signal(SIGPIPE, SIG_DFL);

  auto last = container::LogStream::kStdout;
  const auto show = [&](const container::LogEntry& entry) {
    std::FILE* file = entry.stream == container::LogStream::kStderr ? stderr : stdout;
    if (entry.stream != last) std::fflush(stdout);  // both may be one terminal
    last = entry.stream;
    if (entry.begins_line) {
      std::string prefix = timestamps ? timestamp(entry.time) + " " : "";
      prefix += detail_words;
      std::fwrite(prefix.data(), 1, prefix.size(), file);
    }
    std::fwrite(entry.text.data(), 1, entry.text.size(), file);
  };
  const auto idle = [] {
    if (!flush_output()) throw base::Error(base::Code::kIo, "standard output could not be written");
  };
  return until_interrupted([&] {
    const auto damaged = container::read_logs(context.containers(), container.id(), options, show, idle);
    if (damaged > 0) print_error(fmt::format("davit: {} damaged lines of the log are left out", damaged));
    return 0;
  });
}

}  // namespace davit::cli
