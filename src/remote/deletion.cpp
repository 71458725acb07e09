#include "remote/deletion.h"

#include "base/log.h"
#include "remote/client_state.h"
#include "remote/registry_error.h"

namespace davit::remote {

Deletion delete_manifest(RegistryClient& client, const oci::RepositoryName& repository, const std::string& reference) {
  const Call call{.method = "DELETE",
                  .target = repository_target(repository) + "manifests/" + reference,
                  .scopes = {Scope::remove(repository)}};
  const http::Response response = client.session().send_with_retries(call);
  if (response.ok()) return Deletion::kDeleted;
  if (response.status == 404) return Deletion::kNotFound;
  const base::Error error = to_error(call.method, response);
  if (response.status == 400 || response.status == 405 || response.status == 501) {
    base::log::debug("{} is not deleted: {}", reference, error.message());
    return Deletion::kRefused;
  }
  throw error;
}

}  // namespace davit::remote
