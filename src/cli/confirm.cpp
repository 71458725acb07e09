#include "cli/confirm.h"

#include <cstdio>

#include <unistd.h>

#include "base/fs/input.h"
#include "base/strings.h"
#include "cli/output.h"

namespace davit::cli {

namespace {

constexpr std::size_t kLongestAnswer = 4096;

// Byte by byte: what follows the line is not ours.
std::string read_answer() {
  base::fs::InputSource input(STDIN_FILENO, "standard input");
  std::string answer;
  for (std::byte byte{}; answer.size() < kLongestAnswer && input.read({&byte, 1}) == 1;) {
    if (byte == std::byte{'\n'}) break;
    answer.push_back(static_cast<char>(byte));
  }
  return answer;
}

}  // namespace

bool confirm(std::string_view question) {
  print(std::string(question) + " [y/N] ");
  flush_output();
  const std::string answer(base::trim(read_answer()));
  return answer == "y" || answer == "Y";
}

}  // namespace davit::cli
