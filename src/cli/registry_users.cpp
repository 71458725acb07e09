// registry user add|rm|ls, registry token create|ls|rm|rotate-key.

#include <chrono>

#include "auth/passwords.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/file.h"
#include "base/strings.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/password_prompt.h"
#include "cli/registry_settings.h"
#include "registry/token_store.h"
#include "text/duration.h"
#include "text/table.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;

std::filesystem::path password_file(const registry::Settings& settings) {
  if (settings.password_file.empty()) {
    throw Error(Code::kInvalidArgument,
                "no password file: set access.password_file in the registry's configuration, or "
                "DAVIT_REGISTRY_PASSWORD_FILE");
  }
  return settings.password_file;
}

// Changes the file under a lock, as one step; a missing file is an empty one.
template <typename Change>
void change_passwords(const std::filesystem::path& file, const Change& change) {
  const auto lock = base::FileLock::acquire(file.string() + ".lock");
  auto passwords = auth::PasswordFile::parse(base::fs::read_file_if_exists(file).value_or(""), file.string());
  change(passwords);
  base::fs::write_file_durably(file, passwords.text());
}

registry::TokenStore tokens_of(const Arguments& arguments) {
  return registry::TokenStore(registry_settings(arguments).root / "tokens");
}

std::int64_t expiry(const Arguments& arguments) {
  const std::string text = arguments.text("expires");
  if (text.empty() || text == "never") return 0;
  // Days are what people think in; Go's durations end with hours.
  std::chrono::nanoseconds life;
  if (text.ends_with('d') && text.size() > 1 && text.find_first_not_of("0123456789") == text.size() - 1 &&
      text.size() < 6) {
    life = std::chrono::hours(24 * std::stol(text));
  } else {
    life = text::parse_duration(text);
  }
  if (life <= std::chrono::seconds(0))
    throw Error::format(Code::kInvalidArgument, "invalid --expires '{}': expected 12h, 90d or never",
                        base::printable(text));
  return std::chrono::duration_cast<std::chrono::seconds>((base::now() + life).time_since_epoch()).count();
}

std::string time_text(std::int64_t seconds) {
  return seconds == 0 ? "never" : base::to_rfc3339(base::Time(std::chrono::seconds(seconds)));
}

}  // namespace

int run_registry_user_add(Context&, const Arguments& arguments) {
  const auto file = password_file(registry_settings(arguments));
  const std::string& user = arguments.positional()[0];
  const std::string password = read_new_password(arguments.flag("password-stdin"));
  const std::string hash = auth::hash_password(password);
  change_passwords(file, [&](auth::PasswordFile& passwords) { passwords.set(user, hash); });
  print_line(user);
  return 0;
}

int run_registry_user_rm(Context&, const Arguments& arguments) {
  const auto settings = registry_settings(arguments);
  const std::string& user = arguments.positional()[0];
  change_passwords(password_file(settings), [&](auth::PasswordFile& passwords) {
    if (!passwords.remove(user)) throw Error::format(Code::kNotFound, "No such user: {}", base::printable(user));
  });
  // What was given out in the user's name ends, too.
  registry::TokenStore tokens(settings.root / "tokens");
  for (const auto& token : tokens.list()) {
    if (token.user == user) tokens.revoke(token.id);
  }
  print_line(user);
  return 0;
}

int run_registry_token_create(Context&, const Arguments& arguments) {
  registry::RefreshToken token{.user = arguments.text("user"), .expires = expiry(arguments)};
  for (const auto& scope : arguments.list("scope")) token.access.push_back(auth::parse_scope(scope));
  if (token.user.empty() && token.access.empty())
    throw Error(Code::kInvalidArgument, "a token needs --user, or --scope for what a robot may do");
  if (token.user.empty()) token.user = "robot";
  print_line(tokens_of(arguments).create(token));
  return 0;
}

int run_registry_token_ls(Context&, const Arguments& arguments) {
  text::Table table({"ID", "USER", "CREATED", "EXPIRES", "SCOPES"});
  auto tokens = tokens_of(arguments);
  for (const auto& token : tokens.list()) {
    std::vector<std::string> scopes;
    for (const auto& access : token.access) scopes.push_back(auth::scope_text(access));
    table.add_row({token.id, token.user, time_text(token.created), time_text(token.expires), base::join(scopes, " ")});
  }
  print(table.text());
  return 0;
}

int run_registry_token_rm(Context&, const Arguments& arguments) {
  auto tokens = tokens_of(arguments);
  for (const auto& id : arguments.positional()) {
    if (!tokens.revoke(id)) throw Error::format(Code::kNotFound, "No such token: {}", base::printable(id));
    print_line(id);
  }
  return 0;
}

int run_registry_token_rotate_key(Context&, const Arguments& arguments) {
  auto tokens = tokens_of(arguments);
  tokens.rotate_key();
  print_line(tokens.keys().front().id());
  return 0;
}

}  // namespace davit::cli
