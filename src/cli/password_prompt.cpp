#include "cli/password_prompt.h"

#include <unistd.h>

#include "base/fs/input.h"
#include "base/terminal.h"
#include "cli/arguments.h"
#include "cli/output.h"

namespace davit::cli {

namespace {

constexpr std::size_t kMaxPasswordBytes = 64 * 1024;

}  // namespace

std::string read_password() {
  base::fs::InputSource input(STDIN_FILENO, "standard input");
  std::string password = base::read_all(input, kMaxPasswordBytes);
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) password.pop_back();
  return password;
}

std::string ask(const std::string& prompt) try {
  print(prompt);
  flush_output();
  const auto line = base::read_line(STDIN_FILENO, "standard input");
  if (!line) print_line("");
  return line.value_or("");
} catch (const base::Error&) {
  print_line("");  // what follows begins a line of its own
  throw;
}

std::string read_new_password(bool from_standard_input) {
  if (from_standard_input) return read_password();
  if (!base::is_terminal(STDIN_FILENO)) throw ClientError("no terminal to type a password at: use --password-stdin");
  const base::EchoOff silent(STDIN_FILENO);
  const std::string password = ask("Password: ");
  print_line("");
  const std::string again = ask("Password, again: ");
  print_line("");
  if (password != again) throw ClientError("the passwords differ");
  return password;
}

}  // namespace davit::cli
