#include "remote/scope.h"

#include <algorithm>

#include "base/strings.h"

namespace davit::remote {

Scope Scope::pull(const oci::RepositoryName& repository) { return {"repository", repository.path(), {"pull"}}; }

Scope Scope::push(const oci::RepositoryName& repository) { return {"repository", repository.path(), {"pull", "push"}}; }

Scope Scope::remove(const oci::RepositoryName& repository) {
  return {"repository", repository.path(), {"delete", "pull"}};
}

Scope Scope::parse(std::string_view text) {
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  if (first == std::string_view::npos || first == last) return {std::string(text), "", {}};
  Scope scope{std::string(text.substr(0, first)), std::string(text.substr(first + 1, last - first - 1)), {}};
  for (auto& action : base::split(text.substr(last + 1), ',')) scope.actions.insert(std::move(action));
  return scope;
}

std::string Scope::text() const {
  if (name.empty() && actions.empty()) return type;
  return type + ":" + name + ":" + base::join({actions.begin(), actions.end()}, ",");
}

bool Scope::covers(const Scope& other) const {
  return type == other.type && name == other.name &&
         std::includes(actions.begin(), actions.end(), other.actions.begin(), other.actions.end());
}

Scopes parse_scopes(std::string_view text) {
  Scopes scopes;
  for (const auto& part : base::split(text, ' ')) {
    if (!part.empty()) scopes.push_back(Scope::parse(part));
  }
  return scopes;
}

bool covers(const Scopes& have, const Scopes& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&have](const Scope& scope) {
    return std::any_of(have.begin(), have.end(), [&scope](const Scope& candidate) { return candidate.covers(scope); });
  });
}

}  // namespace davit::remote
