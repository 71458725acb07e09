#pragma once
// What commands ask their user for.

#include <string>

namespace davit::cli {

// All of standard input but for the line end.
std::string read_password();
// Prints the prompt and reads one line; empty at the input's end.
std::string ask(const std::string& prompt);
// For a user that is made: from standard input, or typed twice. Throws ClientError where there is no terminal, and
// where the two differ.
std::string read_new_password(bool from_standard_input);

}  // namespace davit::cli
