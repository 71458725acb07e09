#pragma once
// How conmon is talked to while it begins: its pipes and its files. docs/container-runtime.md. Private to src/runtime.

#include <filesystem>
#include <optional>
#include <string>

#include "base/fs/file.h"

namespace davit::runtime {

inline constexpr const char* kConmonGroup = "/conmon";  // below the cgroup parent; one for all of a store's conmons

struct PipeEnds {
  base::fs::FileDescriptor read, write;
};
PipeEnds make_pipe();

// Lets it go on.
void write_start_byte(const base::fs::FileDescriptor& pipe);

// One line, or what came before the end of the stream. Throws Error(kTimeout) after two minutes.
std::string read_conmon_line(int fd);

// conmon's answer: a PID or an exit code, or a negative number and its own message.
struct ConmonAnswer {
  int data = -1;
  std::string message;
};
ConmonAnswer parse_conmon_answer(const std::string& line);

// A file that holds a number in decimal; nothing when there is none.
std::optional<int> read_number(const std::filesystem::path& path);

}  // namespace davit::runtime
