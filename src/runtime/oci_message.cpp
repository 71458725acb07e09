#include "runtime/oci_message.h"

#include <array>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/strings.h"

namespace davit::runtime {

namespace {

// The text between the first two back-quotes, as crun quotes.
std::string_view quoted(std::string_view text) {
  const auto begin = text.find('`');
  const auto end = begin == std::string_view::npos ? begin : text.find('`', begin + 1);
  return end == std::string_view::npos ? std::string_view() : text.substr(begin + 1, end - begin - 1);
}

// How runc says it of a program; empty when crun's message is about something else.
std::string program_message(std::string_view message, std::string_view program) {
  if (message.starts_with("executable file `")) {
    const auto name = quoted(message);
    if (name.find('/') == std::string_view::npos)
      return fmt::format("exec: \"{}\": executable file not found in $PATH", name);
    return fmt::format("exec: \"{}\": stat {}: no such file or directory", name, name);
  }
  if (message.starts_with("open executable")) {
    if (program.empty()) return "exec: \"\": executable file not found in $PATH";
    // A folder gives EPERM here, a file without the x bit EACCES; runc says the same of both.
    return fmt::format("exec: \"{}\": permission denied", program);
  }
  return {};
}

struct ExitCodeRow {
  std::string_view words;
  int exit_code;
};
// The first that is found counts.
constexpr std::array kExitCodes = {
    ExitCodeRow{"executable file not found", 127},
    ExitCodeRow{"no such file or directory", 127},
    ExitCodeRow{"system cannot find the file specified", 127},
    ExitCodeRow{"permission denied", 126},
    ExitCodeRow{"is a directory", 126},
};

}  // namespace

std::string last_error(std::string_view json_log) {
  std::string last;
  for (const auto& line : base::split(json_log, '\n')) {
    boost::json::error_code error;
    const auto value = boost::json::parse(line, error);
    if (error || !value.is_object()) continue;
    const auto* level = value.as_object().if_contains("level");
    const auto* message = value.as_object().if_contains("msg");
    if (level == nullptr || message == nullptr || !message->is_string()) continue;
    if (*level == "error" || *level == "fatal") last = message->as_string().c_str();
  }
  return last;
}

std::string docker_create_message(std::string_view runtime_name, std::string_view message, std::string_view program) {
  std::string inner(base::trim(message));
  if (runtime_name == "crun") {
    const auto about_program = program_message(inner, program);
    inner = about_program.empty() ? "crun: " + inner
                                  : "runc create failed: unable to start container process: " + about_program;
  }
  return fmt::format("failed to create shim task: OCI runtime create failed: {}: unknown", inner);
}

std::string docker_exec_message(std::string_view runtime_name, std::string_view message, std::string_view program) {
  std::string inner(base::trim(message));
  if (runtime_name == "crun") {
    auto about_program = program_message(inner, program);
    if (inner.starts_with("chdir `")) {
      about_program = fmt::format("chdir to cwd (\"{}\") set in config.json failed: {}", quoted(inner),
                                  base::to_lower(inner.substr(inner.rfind(": ") + 2)));
    }
    inner =
        about_program.empty() ? "crun: " + inner : "exec failed: unable to start container process: " + about_program;
  }
  return fmt::format("OCI runtime exec failed: {}: unknown", inner);
}

int exit_code_of_failed_start(std::string_view message) {
  const auto lower = base::to_lower(message);
  for (const auto& row : kExitCodes) {
    if (lower.find(row.words) != std::string::npos) return row.exit_code;
  }
  return 125;
}

}  // namespace davit::runtime
