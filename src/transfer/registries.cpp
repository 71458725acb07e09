#include "transfer/registries.h"

namespace davit::transfer {

namespace {

// Where there is somebody else to ask, a failing one is soon given up.
constexpr int kTriesOfMirror = 2;

}  // namespace

remote::RegistryClient& Registries::client(const std::string& host, bool insecure, bool mirror) {
  const std::lock_guard lock(mutex_);
  auto& client = clients_[{host, insecure, mirror}];
  if (!client) {
    remote::ClientOptions options = options_of_(host, insecure);
    if (mirror) options.tries = kTriesOfMirror;
    client = std::make_unique<remote::RegistryClient>(host, std::move(options), credentials_);
  }
  return *client;
}

std::vector<Registries::Place> Registries::reading(const oci::RepositoryName& repository, bool by_digest) {
  std::vector<Place> places;
  for (auto& endpoint : remote::reading_endpoints(rules_, repository, by_digest)) {
    remote::RegistryClient& found = client(endpoint.repository.domain(), endpoint.insecure, endpoint.mirror);
    places.push_back({.client = &found, .repository = std::move(endpoint.repository), .mirror = endpoint.mirror});
  }
  return places;
}

remote::RegistryClient& Registries::writing(const oci::RepositoryName& repository) {
  const remote::Endpoint endpoint = remote::writing_endpoint(rules_, repository);
  return client(repository.domain(), endpoint.insecure, false);
}

remote::RegistryClient& Registries::at(const std::string& host) {
  return client(host, remote::is_insecure_host(rules_, host), false);
}

std::map<std::string, remote::RateLimit> Registries::rate_limits() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, remote::RateLimit> limits;
  for (const auto& [key, client] : clients_) {
    if (!client) continue;  // its options could not be had
    if (const remote::RateLimit limit = client->rate_limit(); limit.told()) limits[std::get<0>(key)] = limit;
  }
  return limits;
}

}  // namespace davit::transfer
