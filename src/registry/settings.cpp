#include "registry/settings.h"

#include <set>

#include "base/error.h"
#include "http/server.h"

namespace davit::registry {

using base::Code;
using base::Error;

void check(const Settings& settings) {
  if (settings.tls) http::check(*settings.tls);
  if (!settings.access.are_open() && settings.password_file.empty()) {
    throw Error(Code::kInvalidArgument,
                "[[access.rule]] needs access.password_file (htpasswd -B): without it nobody could show who they are");
  }
  if (settings.access.are_open() && !settings.password_file.empty()) {
    throw Error(Code::kInvalidArgument,
                "access.password_file needs [[access.rule]]: without rules everybody may do everything");
  }
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
