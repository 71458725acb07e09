#include "auth/credential_helper.h"

#include <boost/json.hpp>
#include <signal.h>

#include "base/json.h"
#include "base/log.h"
#include "base/process.h"
#include "base/strings.h"

namespace davit::auth {

namespace json = boost::json;
using base::Code;
using base::text_member;

namespace {

constexpr std::size_t kMaxAnswerBytes = 256 * 1024;
constexpr char kTokenUser[] = "<token>";  // the secret is an identity token
constexpr std::string_view kNotFound = "credentials not found in native keychain";

// As Go's exec.ExitError words it.
std::string status_words(const base::ExitStatus& status) {
  if (status.signal == 0) return "exit status " + std::to_string(status.code);
  const char* name = ::sigdescr_np(status.signal);
  return "signal: " + base::to_lower(name != nullptr ? name : std::to_string(status.signal));
}

}  // namespace

struct CredentialHelper::Answer {
  bool found = true;
  json::object body;  // empty where the action has none
};

CredentialHelper::CredentialHelper(const std::string& name) : CredentialHelper(name, Options{}) {}

CredentialHelper::CredentialHelper(const std::string& name, Options options)
    : program_("docker-credential-" + name), options_(options) {
  if (name.empty() || name.find('/') != std::string::npos || name.find('\0') != std::string::npos) {
    throw HelperError(Code::kInvalidArgument,
                      "invalid name of a credential helper in docker's config.json: \"" + base::printable(name) + "\"");
  }
}

CredentialHelper::Answer CredentialHelper::call(const char* action, const std::string& input, const char* doing,
                                                const std::string& secret) const {
  // A helper that fails may have said its answer by then, or say its input again.
  const auto shown = [&](std::string_view said) -> std::string {
    const bool has_secret = !secret.empty() && said.find(secret) != std::string_view::npos;
    if (has_secret || said.find("\"Secret\"") != std::string_view::npos) return "(not shown: it holds a secret)";
    return base::printable(base::trim(said), 1000);
  };
  const auto fail = [&](Code code, const std::string& why, std::string_view out) {
    throw HelperError(code, fmt::format("error {} credentials - err: {}, out: `{}`", doing, why, shown(out)));
  };
  if (!base::find_program(program_))
    fail(Code::kNotFound, "exec: \"" + program_ + "\": executable file not found in $PATH", "");
  base::RunResult result;
  try {
    base::ChildOptions child;
    child.argv = {program_, action};
    child.die_with_parent = true;
    child.interruptible = true;
    result = base::run(std::move(child), input, options_.timeout, kMaxAnswerBytes + 1);
  } catch (const base::Error& e) {
    if (e.code() == Code::kCancelled) throw;
    if (e.code() != Code::kTimeout) fail(e.code(), e.message(), "");
    fail(Code::kTimeout, program_ + ": no answer within " + std::to_string(options_.timeout.count() / 1000) + " s", "");
  }
  if (!result.status.ok()) {
    if (base::trim(result.out) == kNotFound) return {.found = false, .body = {}};
    if (!base::trim(result.err).empty()) base::log::warn("{}: {}", program_, shown(result.err));
    fail(Code::kUnavailable, program_ + ": " + status_words(result.status), result.out);
  }
  // What a helper says may hold a secret: from here on nothing of it is shown.
  if (result.out.size() > kMaxAnswerBytes)
    fail(Code::kInvalidArgument, fmt::format("{}: its answer is larger than {} bytes", program_, kMaxAnswerBytes), "");
  if (std::string_view(action) == "store" || std::string_view(action) == "erase") return {};
  json::error_code error;
  json::value value = json::parse(result.out, error);
  if (error || !value.is_object()) fail(Code::kInvalidArgument, program_ + ": its answer is no JSON object", "");
  return {.found = true, .body = std::move(value.as_object())};
}

std::optional<Credentials> CredentialHelper::get(const std::string& server) const {
  const Answer answer = call("get", server, "getting");
  if (!answer.found) return std::nullopt;
  const std::string user = text_member(answer.body, "Username"), secret = text_member(answer.body, "Secret");
  Credentials credentials;
  if (user == kTokenUser) {
    credentials.identity_token = secret;
  } else {
    credentials.username = user;
    credentials.password = secret;
  }
  if (credentials == Credentials{}) return std::nullopt;
  return credentials;
}

void CredentialHelper::store(const std::string& server, const Credentials& credentials) const {
  const bool token = !credentials.identity_token.empty();
  const std::string& secret = token ? credentials.identity_token : credentials.password;
  const json::object input = {
      {"ServerURL", server}, {"Username", token ? std::string(kTokenUser) : credentials.username}, {"Secret", secret}};
  call("store", json::serialize(input), "storing", secret);
}

void CredentialHelper::erase(const std::string& server) const { call("erase", server, "erasing"); }

std::map<std::string, std::string> CredentialHelper::list() const {
  const Answer answer = call("list", "", "listing");
  std::map<std::string, std::string> users;
  for (const auto& [server, user] : answer.body) {
    if (user.is_string()) users.emplace(server, std::string(user.as_string()));
  }
  return users;
}

}  // namespace davit::auth
