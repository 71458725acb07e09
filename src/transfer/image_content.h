#pragma once
// What pull, push and import know of an image's parts.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "store/store.h"

namespace davit::transfer {

// The layers of a manifest with their diff IDs. For an image, the config names them and must name as many as there are
// layers; for anything else (a chart, a signature: config of another type) a layer's own digest stands in, and nothing
// is unpacked.
std::vector<store::ImageLayer> layers_of(const oci::Manifest& manifest, const std::optional<oci::ImageConfig>& config);

// Throws Error(kCorrupt) for a manifest of another size than its descriptor tells.
void check_manifest_size(const oci::Descriptor& descriptor, std::uint64_t size);

// Whether the manifest's config is an image configuration.
bool is_image(const oci::Manifest& manifest);

// The configuration of an image that is here; nothing where the record is no image (a chart, a signature).
std::optional<oci::ImageConfig> read_config(store::Store& store, const store::ImageRecord& record);
// The same for a command that works on images alone: throws Error(kNotSupported) "NAME is no container image (its
// config is of type …): CONSEQUENCE" for anything else.
oci::ImageConfig get_config(store::Store& store, const store::ImageRecord& record, const std::string& name,
                            std::string_view consequence);

// Whether a layer is here: its tree where it can be unpacked, and its blob. A tree in a form that holds all of the
// layer's bytes does without the blob in a store that does not keep compressed blobs (docs/adr/0062).
bool is_complete(store::Store& store, const store::ImageLayer& layer);
// Whether all that a record names is here: config, manifest and layers.
bool is_complete(store::Store& store, const store::ImageRecord& record);
// Whether a container can be made of it: a layer's tree is enough, or its blob, of which the tree is made again.
bool is_runnable(store::Store& store, const store::ImageRecord& record);
// Whether a layer that is here, or would be after a pull now, does without its compressed blob.
bool does_without_blob(store::Store& store, const store::ImageLayer& layer);
// Error(kNotFound) for a layer whose blob is wanted and not here: why, and what to do first, to `what` it ("push").
base::Error missing_blob(const store::Store& store, const oci::Digest& blob, std::string_view what);

// Whether the layer is of a type that davit unpacks.
bool is_unpackable(const store::ImageLayer& layer);

// Docker's "Size" of a layer: that of its content; of one that is not unpacked, its blob's.
std::uint64_t layer_size(store::Store& store, const store::ImageLayer& layer);
// Docker's "Size" of an image: the sum of its layers' content.
std::uint64_t content_size(store::Store& store, const std::vector<store::ImageLayer>& layers);

}  // namespace davit::transfer
