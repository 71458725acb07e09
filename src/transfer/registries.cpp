#include "transfer/registries.h"

namespace davit::transfer {

remote::RegistryClient& Registries::at(const std::string& host) {
  const std::lock_guard lock(mutex_);
  auto& client = clients_[host];
  if (!client) client = std::make_unique<remote::RegistryClient>(host, options_of_(host), credentials_);
  return *client;
}

}  // namespace davit::transfer
