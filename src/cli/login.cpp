#include <unistd.h>

#include "base/strings.h"
#include "base/terminal.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/password_prompt.h"

namespace davit::cli {

namespace {

constexpr std::string_view kDefaultHost = "docker.io";
constexpr std::string_view kHubHint =
    "Log in with your Docker ID or email address to push and pull images from Docker Hub. If you don't have a Docker "
    "ID, head over to https://hub.docker.com/ to create one.\n"
    "You can log in with your password or a Personal Access Token (PAT). Using a limited-scope PAT grants better "
    "security and is required for organizations using SSO. Learn more at https://docs.docker.com/go/access-tokens/\n\n";
constexpr std::string_view kTokenHint =
    "\n Info -> A Personal Access Token (PAT) can be used instead.\n"
    "         To create a PAT, visit https://app.docker.com/settings\n\n";

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

[[noreturn]] void refuse(const std::string& message) { throw ClientError(message); }

// What the command line gives; the rest is empty.
auth::Credentials given(const Arguments& arguments) {
  auth::Credentials credentials;
  credentials.username = base::trim(arguments.text("username"));
  if (arguments.flag("password-stdin")) {
    if (arguments.given("password")) refuse("conflicting options: cannot specify both --password and --password-stdin");
    if (credentials.username.empty()) refuse("the --password-stdin option requires --username to be set");
    credentials.password = read_password();
  } else if (arguments.given("password")) {
    if (arguments.text("password").empty()) refuse("password is empty");
    print_error("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
    credentials.password = arguments.text("password");
  }
  return credentials;
}

// Asks for what is missing. `known` is the name that was used before, or empty.
auth::Credentials ask_for_rest(auth::Credentials credentials, const std::string& host, const std::string& known) {
  if (!credentials.username.empty() && !credentials.password.empty()) return credentials;
  if (!base::is_terminal(STDIN_FILENO)) refuse("Error: Cannot perform an interactive login from a non TTY device");
  if (credentials.username.empty()) {
    if (host == kDefaultHost) print(kHubHint);
    credentials.username = base::trim(ask(known.empty() ? "Username: " : "Username (" + known + "): "));
    if (credentials.username.empty()) credentials.username = known;
    if (credentials.username.empty()) refuse("Error: Non-null Username Required");
  }
  if (credentials.password.empty()) {
    const base::EchoOff silent(STDIN_FILENO);
    if (host == kDefaultHost) print_error(kTokenHint);
    credentials.password = ask("Password: ");
    print_line("");
    if (credentials.password.empty()) refuse("Error: Password Required");
  }
  return credentials;
}

// The credentials kept for the host. A helper that fails is no reason not to ask.
auth::Credentials stored(Context& context, const std::string& host) {
  try {
    return context.credentials()->find(host).value_or(auth::Credentials{});
  } catch (const auth::HelperError& error) {
    print_error("WARNING! " + error.message());
    return {};
  }
}

// Whether what is stored still serves. Docker says all of this on standard error.
bool log_in_with_stored(Context& context, const std::string& host, const auth::Credentials& credentials) {
  print_error("Authenticating with existing credentials... [Username: " + base::printable(credentials.username) +
              "]\n\n Info -> To login with a different account, run 'davit logout' followed by 'davit login'\n\n");
  try {
    context.registries().at(host).check_login(credentials);
    return true;
  } catch (const base::Error& error) {
    if (error.code() == base::Code::kCancelled) throw;
    print_error("Login did not succeed, error: Error response from daemon: " + error.message());
    return false;
  }
}

void keep(Context& context, const std::string& host, const auth::Credentials& credentials) {
  auth::CredentialStore& store = *context.credentials();
  try {
    store.save(host, credentials);
  } catch (const base::Error& error) {
    throw ClientError("Error saving credentials: " + error.message(), error.code());
  }
  if (store.helper_program(host)) return;
  print_error(
      fmt::format("\nWARNING! Your credentials are stored unencrypted in '{}'.\n"
                  "Configure a credential helper to remove this warning. See\n"
                  "https://docs.docker.com/go/credential-store/\n",
                  store.path().string()));
}

}  // namespace

int run_login(Context& context, const Arguments& arguments) {
  const std::string host = server_host(arguments);
  const auth::Credentials typed = given(arguments);
  std::string known;
  if (typed.username.empty() && typed.password.empty()) {
    const auth::Credentials before = stored(context, host);
    known = before.username;
    if (!before.username.empty() && !before.password.empty() && log_in_with_stored(context, host, before)) {
      print_line("Login Succeeded");
      return 0;
    }
  }
  const auth::Credentials credentials = ask_for_rest(typed, host, known);
  keep(context, host, context.registries().at(host).check_login(credentials));
  print_line("Login Succeeded");
  return 0;
}

int run_logout(Context& context, const Arguments& arguments) {
  const std::string host = server_host(arguments);
  const std::string shown = arguments.positional().empty() ? auth::server_key(host) : host;
  print_line("Removing login credentials for " + shown);  // docker says so whether or not there are any
  on_client_side([&] { return context.credentials()->erase(host); });
  return 0;
}

}  // namespace davit::cli
