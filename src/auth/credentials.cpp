#include "auth/credentials.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <boost/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include "auth/credential_helper.h"
#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/json.h"
#include "base/strings.h"

namespace davit::auth {

namespace json = boost::json;
namespace fs = base::fs;
using base::Code;
using base::Error;
using base::text_member;

namespace {

constexpr char kDockerHubKey[] = "https://index.docker.io/v1/";
constexpr int kMaxLinks = 8;

bool is_docker_hub(std::string_view host) {
  return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io";
}

std::filesystem::path default_path() {
  if (const char* folder = std::getenv("DOCKER_CONFIG"); folder != nullptr && *folder != '\0') {
    return std::filesystem::path(folder) / "config.json";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return std::filesystem::path(home) / ".docker" / "config.json";
  }
  const passwd* user = ::getpwuid(::getuid());
  if (user == nullptr)
    throw Error(Code::kNotFound, "there is no home folder for docker's config.json: set DOCKER_CONFIG");
  return std::filesystem::path(user->pw_dir) / ".docker" / "config.json";
}

// "https://host:5000/v1/" -> "host:5000".
std::string host_of_key(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.substr(0, scheme.size()) == scheme) key.remove_prefix(scheme.size());
  }
  return std::string(key.substr(0, key.find('/')));
}

bool means(std::string_view key, const std::string& registry_host) {
  const std::string host = host_of_key(key);
  return host == registry_host || (is_docker_hub(host) && is_docker_hub(registry_host));
}

[[noreturn]] void malformed(const std::filesystem::path& file, std::string_view why) {
  throw Error::format(Code::kInvalidArgument, "{} is malformed: {}", file.string(), why);
}

json::object load(const std::filesystem::path& file) {
  const auto text = fs::read_file_if_exists(file);
  if (!text || base::trim(*text).empty()) return {};
  json::error_code error;
  json::value value = json::parse(*text, error);
  if (error) malformed(file, "not JSON: " + error.message());
  if (!value.is_object()) malformed(file, "not a JSON object");
  return std::move(value.as_object());
}

const json::object* find_auths(const json::object& config, const std::filesystem::path& file) {
  const json::value* auths = config.if_contains("auths");
  if (auths == nullptr || auths->is_null()) return nullptr;
  if (!auths->is_object()) malformed(file, "\"auths\" is not an object");
  return &auths->as_object();
}

Credentials read_entry(const json::value& value, std::string_view key, const std::filesystem::path& file) {
  const auto where = [key] { return "the entry of \"" + base::printable(key) + "\""; };
  if (!value.is_object()) malformed(file, where() + " is not an object");
  const json::object& entry = value.as_object();
  Credentials credentials{text_member(entry, "username"), text_member(entry, "password"),
                          text_member(entry, "identitytoken"), text_member(entry, "registrytoken")};
  if (const std::string auth = text_member(entry, "auth"); !auth.empty()) {
    std::string pair;
    try {
      pair = base::from_base64(auth);
    } catch (const Error&) {
      malformed(file, where() + " has an \"auth\" that is not base64");
    }
    const auto colon = pair.find(':');
    if (colon == std::string::npos) malformed(file, where() + " has an \"auth\" that is not user:password");
    credentials.username = pair.substr(0, colon);
    credentials.password = pair.substr(colon + 1);
    while (!credentials.password.empty() && credentials.password.back() == '\0') credentials.password.pop_back();
  }
  return credentials;
}

// As docker chooses: the host's own in credHelpers (an empty one means the file), else credsStore.
std::optional<CredentialHelper> helper_of(const json::object& config, const std::string& registry_host) {
  std::string name = text_member(config, "credsStore");
  if (const json::value* helpers = config.if_contains("credHelpers"); helpers != nullptr && helpers->is_object()) {
    for (const auto& [host, helper] : helpers->as_object()) {
      if (host == server_key(registry_host) || host == registry_host)
        name = text_member(helpers->as_object(), host.data());
    }
  }
  if (name.empty()) return std::nullopt;
  return CredentialHelper(name);
}

// As docker lays the file out: indented by tabs.
void print(std::string& out, const json::value& value, std::size_t depth) {
  const auto line = [&out](std::size_t tabs) { out.append("\n").append(tabs, '\t'); };
  if (value.is_object() && !value.as_object().empty()) {
    char before = '{';
    for (const auto& [name, member] : value.as_object()) {
      out += before;
      line(depth + 1);
      out += json::serialize(json::string(name)) + ": ";
      print(out, member, depth + 1);
      before = ',';
    }
    line(depth);
    out += '}';
  } else if (value.is_array() && !value.as_array().empty()) {
    char before = '[';
    for (const auto& element : value.as_array()) {
      out += before;
      line(depth + 1);
      print(out, element, depth + 1);
      before = ',';
    }
    line(depth);
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

void store(const std::filesystem::path& file, const json::object& config) {
  std::filesystem::path target = file;
  for (int links = 0; const auto next = fs::read_link(target); ++links) {
    if (links == kMaxLinks) throw Error::format(Code::kIo, "{}: too many symbolic links", file.string());
    target = target.parent_path() / *next;
  }
  if (target.has_parent_path()) fs::make_directories(target.parent_path());
  std::string text;
  print(text, config, 0);
  fs::write_file_durably(target, text + "\n", 0600);
}

bool erase_host(json::object& auths, const std::string& registry_host) {
  std::vector<std::string> keys;
  for (const auto& entry : auths) {
    if (means(entry.key(), registry_host)) keys.emplace_back(entry.key());
  }
  for (const auto& key : keys) auths.stable_erase(auths.find(key));
  return !keys.empty();
}

}  // namespace

std::string server_key(const std::string& registry_host) {
  return is_docker_hub(registry_host) ? kDockerHubKey : registry_host;
}

CredentialStore::CredentialStore(std::filesystem::path config_file)
    : path_(config_file.empty() ? default_path() : std::move(config_file)) {}

std::optional<Credentials> CredentialStore::find(const std::string& registry_host) const {
  const json::object config = load(path_);
  if (const auto helper = helper_of(config, registry_host)) return helper->get(server_key(registry_host));
  const json::object* auths = find_auths(config, path_);
  if (auths == nullptr) return std::nullopt;
  auto entry = auths->find(server_key(registry_host));
  if (entry == auths->end()) {
    entry = std::find_if(auths->begin(), auths->end(),
                         [&registry_host](const auto& candidate) { return means(candidate.key(), registry_host); });
  }
  if (entry == auths->end()) return std::nullopt;
  Credentials credentials = read_entry(entry->value(), entry->key(), path_);
  if (credentials == Credentials{}) return std::nullopt;  // an entry emptied by a helper
  return credentials;
}

void CredentialStore::save(const std::string& registry_host, const Credentials& credentials) {
  json::object config = load(path_);
  find_auths(config, path_);  // throws when it is malformed
  const std::string key = server_key(registry_host);
  const auto helper = helper_of(config, registry_host);
  if (helper) helper->store(key, credentials);
  json::value& auths = config["auths"];
  if (!auths.is_object()) auths = json::object();
  json::object entry;
  if (const auto old = auths.as_object().find(key); old != auths.as_object().end() && old->value().is_object()) {
    entry = old->value().as_object();  // keys of others in it stay
  }
  for (const char* ours : {"auth", "username", "password", "identitytoken", "registrytoken"}) {
    if (const auto member = entry.find(ours); member != entry.end()) entry.stable_erase(member);
  }
  if (!helper) {
    // With an identity token docker keeps the name and an empty password.
    const std::string& password = credentials.identity_token.empty() ? credentials.password : std::string();
    entry["auth"] = base::to_base64(credentials.username + ":" + password);
    if (!credentials.identity_token.empty()) entry["identitytoken"] = credentials.identity_token;
  }
  auths.as_object()[key] = std::move(entry);
  store(path_, config);
}

bool CredentialStore::erase(const std::string& registry_host) {
  json::object config = load(path_);
  if (const auto helper = helper_of(config, registry_host)) helper->erase(server_key(registry_host));
  if (find_auths(config, path_) == nullptr) return false;
  if (!erase_host(config["auths"].as_object(), registry_host)) return false;
  store(path_, config);
  return true;
}

std::optional<std::string> CredentialStore::helper_program(const std::string& registry_host) const {
  const auto helper = helper_of(load(path_), registry_host);
  return helper ? std::optional(helper->program()) : std::nullopt;
}

}  // namespace davit::auth
