#pragma once
// One layer from a registry into the store: fetched, hashed and unpacked in one stream.

#include <memory>
#include <vector>

#include "store/store.h"
#include "transfer/progress.h"
#include "transfer/pull_source.h"

namespace davit::transfer {

// Brings the layer's blob and stages its tree where it can be unpacked; what is here already is not fetched or made
// again (then, and for what is not unpacked, the result is null). The caller leases both digests. The blob is durable
// on return, the layer after commit_layers(). A second process at the same layer waits and finds it.
std::unique_ptr<layer::StagedLayer> fetch_layer(store::Store& store, PullSource& source, const store::ImageLayer& layer,
                                                Progress& progress);

// The same for a layer whose blob is here. `progress` is told of kExtracting.
std::unique_ptr<layer::StagedLayer> unpack_layer(store::Store& store, const store::ImageLayer& layer,
                                                 Progress* progress = nullptr);

// The tar of a layer, from the blob of an image that is here; null where there is none. For store::Store::Options.
std::unique_ptr<base::Source> open_layer_tar(store::Store& store, const oci::Digest& diff_id);

// Makes staged layers durable, by one sync for all, and visible. Null ones are passed over.
void commit_layers(store::Store& store, std::vector<std::unique_ptr<layer::StagedLayer>> staged);

}  // namespace davit::transfer
