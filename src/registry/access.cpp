#include "registry/access.h"

#include <algorithm>
#include <array>

namespace davit::registry {

namespace {

constexpr std::array<std::pair<Action, std::string_view>, 4> kActions = {
    {{Action::kPull, "pull"}, {Action::kPush, "push"}, {Action::kDelete, "delete"}, {Action::kAdmin, "admin"}}};

template <typename Range, typename Value>
bool contains(const Range& range, const Value& value) {
  return std::find(range.begin(), range.end(), value) != range.end();
}

bool is_user(const AccessRules& rules, const std::string& wanted, const std::string& user) {
  if (user.empty() || wanted == "anonymous") return user.empty() && wanted == "anonymous";
  if (wanted == "*" || wanted == user) return true;
  if (wanted.ends_with(":*")) return user.starts_with(std::string_view(wanted).substr(0, wanted.size() - 1));
  if (!wanted.starts_with('@')) return false;
  return std::any_of(rules.groups.begin(), rules.groups.end(),
                     [&](const auto& group) { return "@" + group.first == wanted && contains(group.second, user); });
}

}  // namespace

std::string_view name(Action action) {
  return std::find_if(kActions.begin(), kActions.end(), [&](const auto& row) { return row.first == action; })->second;
}

std::optional<Action> parse_action(std::string_view text) {
  const auto* found =
      std::find_if(kActions.begin(), kActions.end(), [&](const auto& row) { return row.second == text; });
  if (found == kActions.end()) return std::nullopt;
  return found->first;
}

bool fits(std::string_view pattern, std::string_view repository) {
  if (pattern.empty()) return repository.empty();
  if (pattern[0] != '*') {
    return !repository.empty() && pattern[0] == repository[0] && fits(pattern.substr(1), repository.substr(1));
  }
  const bool any = pattern.starts_with("**");
  const std::string_view rest = pattern.substr(any ? 2 : 1);
  for (std::size_t skipped = 0;; ++skipped) {
    if (fits(rest, repository.substr(skipped))) return true;
    if (skipped == repository.size() || (!any && repository[skipped] == '/')) return false;
  }
}

bool AccessRules::allow(const std::string& user, Action action, std::string_view repository) const {
  if (are_open()) return true;
  for (const auto& rule : rules) {
    if (!fits(rule.repositories, repository)) continue;
    const bool meant = std::any_of(rule.users.begin(), rule.users.end(),
                                   [&](const std::string& wanted) { return is_user(*this, wanted, user); });
    if (meant) return contains(rule.actions, action) || contains(rule.actions, Action::kAdmin);
  }
  return false;
}

bool AccessRules::need_credentials() const { return !are_open(); }

bool may(const AccessRules& rules, const Caller& caller, Action action, std::string_view repository) {
  if (!caller.grants) return rules.allow(caller.user, action, repository);
  const bool granted = std::any_of(caller.grants->begin(), caller.grants->end(), [&](const Grant& grant) {
    return grant.repository == repository && contains(grant.actions, action);
  });
  return granted && (!caller.foreign || rules.allow(caller.user, action, repository));
}

}  // namespace davit::registry
