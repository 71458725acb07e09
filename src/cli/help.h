#pragma once
// --help, in docker's layout, from the command table.

#include <string>

#include "cli/command.h"

namespace davit::cli {

std::string usage_line(const Command& command);  // "Usage:  davit pull [OPTIONS] NAME[:TAG|@DIGEST]"
std::string command_help(const Command& command);
std::string program_help();
// The commands below a word that is no command itself ("tags"); empty when there are none.
std::string group_help(const std::string& word);

}  // namespace davit::cli
