#pragma once
// The registry clients of one command: one per host, made when first asked for, so that tokens and connections are
// shared by all that the command does.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "auth/credentials.h"
#include "remote/registry_client.h"

namespace davit::transfer {

// Thread-safe.
class Registries {
 public:
  using OptionsOf = std::function<remote::ClientOptions(const std::string& host)>;
  Registries(OptionsOf options_of, std::shared_ptr<const auth::CredentialStore> credentials)
      : options_of_(std::move(options_of)), credentials_(std::move(credentials)) {}

  // The client of a RepositoryName's domain; valid as long as this object.
  remote::RegistryClient& at(const std::string& host);

 private:
  OptionsOf options_of_;
  std::shared_ptr<const auth::CredentialStore> credentials_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<remote::RegistryClient>> clients_;
};

}  // namespace davit::transfer
