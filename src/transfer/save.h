#pragma once
// From the store into an archive: the one form that is an OCI layout and a docker-archive at once.
// docs/formats/archives.md.

#include <functional>
#include <optional>
#include <vector>

#include "base/io.h"
#include "oci/reference.h"
#include "store/store.h"
#include "transfer/progress.h"

namespace davit::transfer {

struct ImageToSave {
  store::ImageRecord record;
  oci::Descriptor target;             // what its names mean: an index or the image's manifest
  std::vector<oci::Reference> names;  // with tags; none: it is saved without a name
};

struct SaveOptions {
  std::optional<oci::Platform> platform;  // of an index: this one alone
};

// Writes the images; blobs that several share are written once. An index goes whole where all of it is here, else the
// image's platform alone. All that can be known to be wrong is thrown before `open` is called, for the sink to write
// to, which the caller finishes. Each blob's digest is checked as it goes: Error(kCorrupt). Equal images give equal
// bytes.
void save(store::Store& store, const std::vector<ImageToSave>& images, const SaveOptions& options,
          const std::function<base::Sink&()>& open, Progress& progress);

}  // namespace davit::transfer
