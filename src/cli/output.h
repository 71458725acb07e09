#pragma once
// What commands print. Results go to standard output; errors, in docker's words, to standard error.

#include <string>
#include <string_view>

#include "base/error.h"

namespace davit::cli {

void print(std::string_view text);       // to standard output, as it is
void print_line(std::string_view line);  // with a newline
void print_error(std::string_view line);

// "Error response from daemon: MESSAGE" and, with --debug, the frames.
void print_daemon_error(const base::Error& error, bool debug, std::string_view prefix = "");
// The frames alone.
void print_frames(const base::Error& error, bool debug);

// Writes out what is buffered. False when it could not be written (a full disk, a closed pipe).
bool flush_output();

}  // namespace davit::cli
