#pragma once
// Parses a command line by the table's rows, with the rules and the words of docker's own parser (pflag):
// docs/adr/0003-own-parser.md.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/command.h"

namespace davit::cli {

inline constexpr int kDavitFailed = 125;  // docker's code for a failure of its own, and for a wrong flag

// A mistake in the form of the command line: a hint at the help is printed below it.
class UsageError : public base::Error {
 public:
  struct Hint {
    std::string usage;              // the usage line, or nothing
    std::string program = "davit";  // whose --help is pointed at
    std::string_view verb = "Run";  // docker says "See" where arguments are too few
  };
  UsageError(std::string message, int exit_code, Hint hint)
      : Error(base::Code::kInvalidArgument, std::move(message)), exit_code_(exit_code), hint_(std::move(hint)) {}
  UsageError(std::string message, int exit_code, const Command& command, std::string_view verb = "Run");
  int exit_code() const { return exit_code_; }
  const Hint& hint() const { return hint_; }

 private:
  int exit_code_;
  Hint hint_;
};

// What docker's client refuses before its daemon hears of it: told without "Error response from daemon: ".
class ClientError : public base::Error {
 public:
  explicit ClientError(std::string message, base::Code code = base::Code::kInvalidArgument, int exit_code = 1)
      : Error(code, std::move(message)), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

// Calls `act`; its errors are those of docker's client.
template <typename Act>
auto on_client_side(const Act& act) {
  try {
    return act();
  } catch (const base::Error& error) {
    throw ClientError(error.message(), error.code());
  }
}

class Arguments {
 public:
  // Parses the words after the command's name. Checks the number of positional arguments.
  static Arguments parse(const Command& command, const std::vector<std::string>& words);

  bool flag(std::string_view name) const;
  bool given(std::string_view name) const { return values_.contains(name); }
  std::string text(std::string_view name) const;  // the default when not given
  std::vector<std::string> list(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
  const std::vector<std::string>& positional() const { return positional_; }
  bool help() const { return help_; }
  const Command& command() const { return *command_; }

 private:
  friend struct Parser;
  const Command* command_ = nullptr;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> positional_;
  bool help_ = false;
};

// Parses the flags before the command's name ("davit --root D pull …") and tells where the command begins.
struct GlobalArguments {
  std::map<std::string, std::string, std::less<>> values;
  std::size_t consumed = 0;
};
GlobalArguments parse_global(const std::vector<std::string>& words);

}  // namespace davit::cli
