#pragma once
// The search of docker's first registry protocol: GET /v1/search?q=TERM&n=LIMIT. Docker Hub still has it; registries of
// the distribution-spec have none.

#include <cstdint>
#include <string>
#include <vector>

#include "remote/registry_client.h"

namespace davit::remote {

struct FoundRepository {
  std::string name;
  std::string description;
  std::int64_t stars = 0;
  bool official = false;
  bool automated = false;
};

// In the registry's order. Throws Error(kNotSupported) where the registry has no search, in clear words.
std::vector<FoundRepository> search(RegistryClient& client, const std::string& term, int limit);

}  // namespace davit::remote
