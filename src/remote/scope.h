#pragma once
// What a token is for (distribution's token scopes: "repository:team/app:pull,push").

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "oci/reference.h"

namespace davit::remote {

struct Scope {
  std::string type;  // "repository"; the whole text where it has no such shape ("aws")
  std::string name;
  std::set<std::string> actions;

  static Scope pull(const oci::RepositoryName& repository);
  static Scope push(const oci::RepositoryName& repository);    // pull,push: what a push also reads
  static Scope remove(const oci::RepositoryName& repository);  // delete,pull: what a removal also reads
  static Scope parse(std::string_view text);
  std::string text() const;
  bool covers(const Scope& other) const;
  bool operator==(const Scope&) const = default;
};

using Scopes = std::vector<Scope>;

Scopes parse_scopes(std::string_view text);  // separated by spaces
bool covers(const Scopes& have, const Scopes& wanted);

}  // namespace davit::remote
