#pragma once
// One layer from a registry into the store: fetched, hashed and unpacked in one stream.

#include <memory>
#include <vector>

#include "store/store.h"
#include "transfer/blob_fetch.h"
#include "transfer/progress.h"
#include "transfer/staged_content.h"

namespace davit::transfer {

// Brings the layer's blob and stages its tree where it can be unpacked; what is here already is not fetched or made
// again. Both are visible and durable after content.commit(). The caller leases both digests. A second process at the
// same layer waits and finds it. Where the bytes are wrong the next place is asked. Ends soon when this thread is
// cancelled.
void fetch_layer(store::Store& store, FetchContext& context, const store::ImageLayer& layer, StagedContent& content);

// Stages a layer whose blob is here; null where the layer is here, too, or is none to be unpacked. `progress` is told
// of kExtracting.
std::unique_ptr<layer::StagedLayer> unpack_layer(store::Store& store, const store::ImageLayer& layer,
                                                 Progress* progress = nullptr);
// The same from its compressed bytes.
std::unique_ptr<layer::StagedLayer> unpack_layer(store::Store& store, const store::ImageLayer& layer,
                                                 base::Source& blob);

// The tar of a layer, from the blob of an image that is here; null where there is none. For store::Store::Options.
std::unique_ptr<base::Source> open_layer_tar(store::Store& store, const oci::Digest& diff_id);

// Makes staged layers durable, by one sync for all, and visible. Null ones are passed over.
void commit_layers(store::Store& store, std::vector<std::unique_ptr<layer::StagedLayer>> staged);

}  // namespace davit::transfer
