#include "registry/settings.h"

#include <set>

#include "base/error.h"
#include "base/fs/file.h"
#include "http/server.h"
#include "registry/token_store.h"

namespace davit::registry {

using base::Code;
using base::Error;

namespace {

void check_authority(const std::filesystem::path& file) {
  if (base::fs::read_file(file).find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    throw Error::format(Code::kInvalidArgument, "{} is no certificate in PEM", file.string());
}

void check_issuers(const Settings& settings) {
  if (!settings.issuers.empty() && settings.access.are_open()) {
    throw Error(Code::kInvalidArgument,
                "[[access.issuer]] needs [[access.rule]]: without rules everybody may do everything");
  }
  std::set<std::string> names, issuers;
  for (const auto& issuer : settings.issuers) {
    if (!names.insert(issuer.name).second)
      throw Error::format(Code::kInvalidArgument, "there are two issuers of the name {}", issuer.name);
    if (!issuers.insert(issuer.issuer).second)
      throw Error::format(Code::kInvalidArgument, "there are two [[access.issuer]] of {}", issuer.issuer);
    if (issuer.issuer == kTokenIssuer)
      throw Error::format(Code::kInvalidArgument, "[[access.issuer]]: {} is this registry itself", issuer.issuer);
    if (!issuer.certificate_authority.empty()) check_authority(issuer.certificate_authority);
  }
}

}  // namespace

void check(const Settings& settings) {
  if (settings.tls) http::check(*settings.tls);
  if (!settings.access.are_open() && settings.password_file.empty() && settings.issuers.empty()) {
    throw Error(
        Code::kInvalidArgument,
        "[[access.rule]] needs access.password_file (htpasswd -B) or [[access.issuer]]: without them nobody could show "
        "who they are");
  }
  if (settings.access.are_open() && !settings.password_file.empty()) {
    throw Error(Code::kInvalidArgument,
                "access.password_file needs [[access.rule]]: without rules everybody may do everything");
  }
  check_issuers(settings);
  std::set<std::string> patterns;
  for (const auto& quota : settings.quotas) {
    if (!patterns.insert(quota.repositories).second)
      throw Error::format(Code::kInvalidArgument, "there are two quotas of {}", quota.repositories);
  }
  for (const auto& rule : settings.access.rules) {
    for (const auto& user : rule.users) {
      if (!user.starts_with('@')) continue;
      bool known = false;
      for (const auto& [group, members] : settings.access.groups) known = known || "@" + group == user;
      if (!known) throw Error::format(Code::kInvalidArgument, "a rule names {}, but there is no such group", user);
    }
  }
}

}  // namespace davit::registry
