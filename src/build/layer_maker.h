#pragma once
// A layer from a tar that is written to it: hashed twice and compressed in one pass, then unpacked.

#include <functional>
#include <optional>

#include "base/io.h"
#include "codec/compression.h"
#include "store/store.h"

namespace davit::build {

struct LayerOptions {
  codec::Compression compression = codec::Compression::kGzip;
  int level = 0;  // the compression's default
};

// `write` writes the tar, and returns whether there is anything in it; where there is not, there is no layer. Durable
// and visible on return; leased before.
std::optional<store::ImageLayer> make_layer(store::Store& store, store::Lease& lease, const LayerOptions& options,
                                            const std::function<bool(base::Sink& tar)>& write);

}  // namespace davit::build
