#pragma once
// Removing tags and manifests (distribution-spec v1.1.1, "Deleting tags" and "Deleting Manifests").

#include <string>

#include "oci/reference.h"
#include "remote/registry_client.h"

namespace davit::remote {

enum class Deletion {
  kDeleted,
  kNotFound,
  kRefused,  // the registry does not delete by such a reference, or not at all (400, 405, 501)
};

// `reference` is a tag or a digest. A tag goes alone where the registry removes tags; with a digest, every tag that
// means it goes too. What a deleted index lists stays. Throws as put_manifest does.
Deletion delete_manifest(RegistryClient& client, const oci::RepositoryName& repository, const std::string& reference);

}  // namespace davit::remote
