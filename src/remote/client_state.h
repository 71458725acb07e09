#pragma once
// RegistryClient's parts. Included by src/remote's .cpp files only.

#include <atomic>

#include "remote/registry_client.h"
#include "remote/session.h"

namespace davit::remote {

struct RegistryClient::State {
  State(std::string host, ClientOptions options, std::shared_ptr<const auth::CredentialStore> credentials)
      : session(std::move(host), std::move(options), std::move(credentials)) {}

  Session session;
  // The size of an upload's pieces that this registry takes; 0: whole blobs, until it refuses one.
  std::atomic<std::uint64_t> chunk_size{0};
};

inline std::string repository_target(const oci::RepositoryName& repository) { return "/v2/" + repository.path() + "/"; }

inline std::string blob_target(const oci::RepositoryName& repository, const oci::Digest& digest) {
  return repository_target(repository) + "blobs/" + digest.text();
}

}  // namespace davit::remote
