#pragma once
// One layer from a registry into the store: fetched, hashed and unpacked in one stream.

#include "oci/reference.h"
#include "store/store.h"
#include "transfer/progress.h"
#include "transfer/registries.h"

namespace davit::transfer {

// Brings the layer's blob and, where it can be unpacked, its tree; what is here already is not fetched or made again.
// The caller leases both digests. Durable on return. A second process at the same layer waits and finds it.
void fetch_layer(store::Store& store, remote::RegistryClient& client, const oci::RepositoryName& repository,
                 const store::ImageLayer& layer, Progress& progress);

// Unpacks a layer whose blob is here; fine when it is unpacked already.
void unpack_layer(store::Store& store, const store::ImageLayer& layer);

}  // namespace davit::transfer
