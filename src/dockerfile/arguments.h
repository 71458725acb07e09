#pragma once
// How the rest of a line becomes arguments: each instruction has its own way. Internal to this folder; parser.h has
// what comes out.

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/parser.h"

namespace davit::dockerfile {

// An instruction's line without its here-documents.
struct SplitLine {
  std::string keyword;  // as written
  std::vector<std::string> flags;
  std::string rest;
};

// "RUN --mount=type=cache make all" -> RUN, [--mount=type=cache], "make all".
SplitLine split_line(std::string_view line, char escape);

// The arguments of an instruction; nothing for one that does not exist. Throws Error(kInvalidArgument).
Arguments split_arguments(std::string_view keyword, std::string_view rest, char escape);

// At spaces that are neither quoted nor escaped; quotes and escapes stay.
std::vector<std::string> split_words(std::string_view text, char escape);
// At any spaces.
std::vector<std::string> split_spaces(std::string_view text);

// The instruction that a line ONBUILD's begins with, as parse_trigger() wants it: without "ONBUILD".
std::string_view without_keyword(std::string_view line);

}  // namespace davit::dockerfile
