#pragma once
// What refers to a manifest: signatures, SBOMs (distribution-spec v1.1.1, "Listing Referrers" and "Unavailable
// Referrers API").

#include <optional>
#include <string>
#include <vector>

#include "oci/descriptor.h"
#include "oci/reference.h"
#include "remote/registry_client.h"

namespace davit::remote {

// The manifests whose subject is `subject`, which need not exist. Nothing: the registry has no such API; then the index
// under referrers_tag() has them, where somebody keeps it. Throws as list_tags does.
std::optional<std::vector<oci::Descriptor>> list_referrers(RegistryClient& client,
                                                           const oci::RepositoryName& repository,
                                                           const oci::Digest& subject);

// "sha256-HEX": the tag of the index of referrers where the registry has no API for them. Cosign hangs its own on it:
// "sha256-HEX.sig".
std::string referrers_tag(const oci::Digest& subject);

}  // namespace davit::remote
