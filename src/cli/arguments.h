#pragma once
// Parses a command line by the table's rows, with the rules and the words of docker's own parser (pflag):
// docs/adr/0003-own-parser.md.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/command.h"

namespace davit::cli {

// A mistake in the command line. `usage_line` tells main to print the command's usage below it.
class UsageError : public base::Error {
 public:
  UsageError(std::string message, int exit_code, const Command* command, bool see_help)
      : Error(base::Code::kInvalidArgument, std::move(message)),
        exit_code_(exit_code),
        command_(command),
        see_help_(see_help) {}
  int exit_code() const { return exit_code_; }
  const Command* command() const { return command_; }
  bool see_help() const {
    return see_help_;
  }  // "See '…'" rather than "Run '…'", as docker has it for wrong numbers of arguments

 private:
  int exit_code_;
  const Command* command_;
  bool see_help_;
};

class Arguments {
 public:
  // Parses the words after the command's name. Checks the number of positional arguments.
  static Arguments parse(const Command& command, const std::vector<std::string>& words);

  bool flag(std::string_view name) const;
  bool given(std::string_view name) const { return values_.contains(name); }
  std::string text(std::string_view name) const;  // the default when not given
  std::vector<std::string> list(std::string_view name) const;
  long number(std::string_view name) const;
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
