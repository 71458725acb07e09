#pragma once
// Who may do what: rules by repository and user. Pure values and functions; who somebody is, is authenticator.h's.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::registry {

enum class Action { kPull, kPush, kDelete, kAdmin };

std::string_view name(Action action);  // "pull"
std::optional<Action> parse_action(std::string_view text);

// What a token lets its bearer do: docker's token scopes, of type "repository".
struct Grant {
  std::string repository;
  std::vector<Action> actions;
};

struct Caller {
  std::string user;  // empty: anonymous
  // From a token: nothing but these. For a token of ours we chose them by the rules.
  std::optional<std::vector<Grant>> grants;
  bool foreign = false;  // another chose them: the rules must allow them, too
  bool catalog = false;  // a token's registry:catalog:*

  bool is_anonymous() const { return user.empty(); }
};

// One line of the rules. The first of all rules whose pattern fits the repository and whose users fit the caller
// decides: what it does not list is refused.
struct AccessRule {
  std::string repositories;        // "team/*", "**": a '*' is anything but '/', "**" anything
  std::vector<std::string> users;  // names, "ci:name" (a foreign issuer's), "ci:*" (all of its), "@group",
                                   // "anonymous" (who shows no credentials), "*" (who shows some)
  std::vector<Action> actions;
};

struct AccessRules {
  std::vector<AccessRule> rules;  // none at all: everybody may do everything
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;

  bool are_open() const { return rules.empty(); }
  bool allow(const std::string& user, Action action, std::string_view repository) const;
  // Whether any rule asks for more than anonymous callers have: then GET /v2/ challenges.
  bool need_credentials() const;
};

bool may(const AccessRules& rules, const Caller& caller, Action action, std::string_view repository);
bool fits(std::string_view pattern, std::string_view repository);

}  // namespace davit::registry
