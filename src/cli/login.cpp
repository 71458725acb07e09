#include <unistd.h>

#include "base/fs/input.h"
#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"

namespace davit::cli {

namespace {

constexpr std::string_view kDefaultHost = "docker.io";
constexpr std::size_t kMaxPasswordBytes = 64 * 1024;

std::string server_host(const Arguments& arguments) {
  if (arguments.positional().empty()) return std::string(kDefaultHost);
  std::string host = arguments.positional()[0];
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (host.starts_with(scheme)) host.erase(0, scheme.size());
  }
  host = host.substr(0, host.find('/'));
  if (host == "index.docker.io" || host == "registry-1.docker.io") return std::string(kDefaultHost);
  // What can't be the host of a reference can be no registry: the grammar tells.
  oci::Reference::parse(host + "/check");
  return host;
}

std::string read_password() {
  base::fs::InputSource input(STDIN_FILENO, "standard input");
  std::string password = base::read_all(input, kMaxPasswordBytes);
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) password.pop_back();
  return password;
}

[[noreturn]] void refuse(const std::string& message) { throw ClientError(message); }

auth::Credentials ask(const Arguments& arguments) {
  auth::Credentials credentials;
  credentials.username = arguments.text("username");
  if (arguments.flag("password-stdin")) {
    if (arguments.given("password")) refuse("conflicting options: cannot specify both --password and --password-stdin");
    if (credentials.username.empty()) refuse("the --password-stdin option requires --username to be set");
    credentials.password = read_password();
  } else if (arguments.given("password")) {
    if (arguments.text("password").empty()) refuse("password is empty");
    print_error("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
    credentials.password = arguments.text("password");
  }
  if (!credentials.username.empty() && !credentials.password.empty()) return credentials;
  // Here docker would ask.
  if (isatty(STDIN_FILENO) == 1) refuse("Error: davit asks for no password: use --username and --password-stdin");
  refuse("Error: Cannot perform an interactive login from a non TTY device");
}

}  // namespace

int run_login(Context& context, const Arguments& arguments) {
  const std::string host = server_host(arguments);
  const auth::Credentials credentials = ask(arguments);
  context.registries().at(host).check_login(credentials);
  context.credentials()->save(host, credentials);
  print_error(
      fmt::format("\nWARNING! Your credentials are stored unencrypted in '{}'.\n"
                  "Configure a credential helper to remove this warning. See\n"
                  "https://docs.docker.com/go/credential-store/\n",
                  context.credentials()->path().string()));
  print_line("Login Succeeded");
  return 0;
}

int run_logout(Context& context, const Arguments& arguments) {
  const std::string host = server_host(arguments);
  const std::string shown = arguments.positional().empty() ? auth::server_key(host) : host;
  context.credentials()->erase(host);
  print_line("Removing login credentials for " + shown);  // docker says so whether or not there are any
  return 0;
}

}  // namespace davit::cli
