#pragma once
// A root file system archive becomes an image of one layer.

#include <optional>
#include <string>
#include <vector>

#include "base/io.h"
#include "oci/image_config.h"
#include "oci/reference.h"
#include "store/store.h"

namespace davit::transfer {

struct ImportOptions {
  std::optional<oci::Reference> tag;
  oci::ExecutionConfig config;  // what --change made
  std::string message;
  std::optional<oci::Platform> platform;  // default: this machine's
};

// Reads the archive (tar, plain or compressed by gzip, zstd or xz) to its end. `name` is for the history ("Imported
// from
// -"). A gzip archive is kept byte for byte as the layer's blob; anything else is compressed to gzip, which every
// client reads.
store::ImageRecord import_archive(store::Store& store, base::Source& archive, const std::string& name,
                                  const ImportOptions& options);

}  // namespace davit::transfer
