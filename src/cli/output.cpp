#include "cli/output.h"

#include <cstdio>

namespace davit::cli {

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_line(std::string_view line) {
  print(line);
  std::fputc('\n', stdout);
}

void print_error(std::string_view line) {
  std::fflush(stdout);  // so that both streams of one terminal keep their order
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fputc('\n', stderr);
}

void print_frames(const base::Error& error, bool debug) {
  if (!debug) return;
  for (const std::string& frame : error.frames()) print_error("  " + frame);
}

void print_daemon_error(const base::Error& error, bool debug, std::string_view prefix) {
  print_error(std::string(prefix) + "Error response from daemon: " + error.message());
  print_frames(error, debug);
}

bool flush_output() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

}  // namespace davit::cli
