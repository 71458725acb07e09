#pragma once
// --help, in docker's layout, from the command table.

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace davit::cli {

inline constexpr std::size_t kHelpColumns = 80;  // as docker where it has no terminal

std::string usage_line(const Command& command);  // "Usage:  davit pull [OPTIONS] NAME[:TAG|@DIGEST]"
std::string command_help(const Command& command, std::size_t columns = kHelpColumns);
std::string program_help(std::size_t columns = kHelpColumns);
std::string group_help(const Group& group);

// A table of flags as --help shows them: their column, then what they do, wrapped.
std::string flag_rows(const std::vector<Flag>& flags, std::size_t columns = kHelpColumns);
// "-q, --quiet", "--name string"
std::string flag_words(const Flag& flag);
// What a flag does, with its default.
std::string flag_text(const Flag& flag);

// All names of a command as docker lists them: "image ls", "image list", "images". One where it has no other.
std::vector<std::string_view> names_of(const Command& command);
// The commands of a group, each by the first of its names there.
std::vector<const Command*> commands_of(const Group& group);

// "\n\nDid you mean this?\n\timages" where commands (of a group) are spelt much like the word; else nothing.
std::string did_you_mean(std::string_view word, std::string_view group = {});

}  // namespace davit::cli
