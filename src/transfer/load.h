#pragma once
// From an archive into the store: what docker, podman, skopeo and davit save. docs/formats/archives.md.

#include <optional>
#include <vector>

#include "base/io.h"
#include "oci/reference.h"
#include "store/store.h"
#include "transfer/progress.h"

namespace davit::transfer {

struct LoadOptions {
  std::optional<oci::Platform> platform;  // default: this machine's
  std::size_t parallel_layers = 3;
};

struct LoadedName {
  oci::Reference name;
  std::optional<oci::Digest> displaced;  // the image that it meant before, where that is another
};

struct LoadedImage {
  oci::Digest id;
  std::vector<LoadedName> names;
};

// Reads the archive (plain or compressed by gzip, zstd or xz) to its end, once. Of an index the platform's image is
// unpacked; the others are kept with it where all of it is in the archive. All images and tags change at the end, as
// one step; where something is wrong nothing does, and what was brought is unreferenced. An image with several names is
// one element, in the archive's order.
std::vector<LoadedImage> load(store::Store& store, base::Source& archive, const LoadOptions& options,
                              Progress& progress);

}  // namespace davit::transfer
