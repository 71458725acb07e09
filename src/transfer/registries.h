#pragma once
// The registry clients of one command: one per host, made when first asked for, so that tokens and connections are
// shared by all that the command does.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "auth/credentials.h"
#include "remote/endpoints.h"
#include "remote/registry_client.h"

namespace davit::transfer {

// Thread-safe.
class Registries {
 public:
  using OptionsOf = std::function<remote::ClientOptions(const std::string& host, bool insecure)>;
  Registries(OptionsOf options_of, remote::RegistryRules rules,
             std::shared_ptr<const auth::CredentialStore> credentials)
      : options_of_(std::move(options_of)), rules_(std::move(rules)), credentials_(std::move(credentials)) {}

  // Where something is read from: a registry's client, valid as long as this object, and the repository there.
  struct Place {
    remote::RegistryClient* client;
    oci::RepositoryName repository;
    bool mirror = false;
  };

  // In the order in which they are to be tried; never empty. Throws Error(kPermissionDenied) for what is blocked.
  std::vector<Place> reading(const oci::RepositoryName& repository, bool by_digest);
  // The last of them: for what a mirror must not answer (a list of tags, a copy's source).
  Place location(const oci::RepositoryName& repository) { return std::move(reading(repository, false).back()); }
  // Where the name itself says. Throws as above.
  remote::RegistryClient& writing(const oci::RepositoryName& repository);
  // A host as such, for a login: a RepositoryName's domain. Throws as above.
  remote::RegistryClient& at(const std::string& host);

  // What the registries that were asked told of their budgets, by host.
  std::map<std::string, remote::RateLimit> rate_limits();

 private:
  remote::RegistryClient& client(const std::string& host, bool insecure, bool mirror);

  OptionsOf options_of_;
  const remote::RegistryRules rules_;
  std::shared_ptr<const auth::CredentialStore> credentials_;
  std::mutex mutex_;
  std::map<std::tuple<std::string, bool, bool>, std::unique_ptr<remote::RegistryClient>> clients_;
};

}  // namespace davit::transfer
