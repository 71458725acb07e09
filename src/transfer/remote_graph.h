#pragma once
// A manifest or index of a registry with all that it lists, as bytes.

#include <optional>
#include <string>
#include <vector>

#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "remote/registry_client.h"

namespace davit::transfer {

struct RemoteNode {
  oci::Descriptor descriptor;  // with the platform that the index above names, where it names one
  std::string bytes;
  std::optional<oci::Manifest> manifest;  // nothing: an index
};

// Children stand before the index that lists them; each once. The last is what the graph was asked of. Never empty.
using RemoteGraph = std::vector<RemoteNode>;

// Fetches what `top` lists, several at once. Throws Error(kNotFound) naming the platform of a manifest that the index
// lists and the registry does not have; Error(kNotSupported) for schema 1, for an entry of another type and for an
// index of more than a thousand.
RemoteGraph fetch_graph(remote::RegistryClient& client, const oci::RepositoryName& repository,
                        remote::RemoteManifest top);

// One manifest or index by its digest, its size checked.
remote::RemoteManifest fetch_manifest(remote::RegistryClient& client, const oci::RepositoryName& repository,
                                      const oci::Descriptor& descriptor);

// The image configuration of a manifest; nothing where it is no image's.
std::optional<oci::ImageConfig> fetch_config(remote::RegistryClient& client, const oci::RepositoryName& repository,
                                             const oci::Manifest& manifest);

}  // namespace davit::transfer
