#pragma once
// From registry to registry, or within one, past the store: the very bytes, all platforms, the tag last.

#include <optional>

#include "oci/reference.h"
#include "transfer/progress.h"
#include "transfer/registries.h"

namespace davit::transfer {

struct CopyOptions {
  std::optional<oci::Platform> platform;  // of an index this manifest alone
  bool referrers = false;                 // signatures and SBOMs too
  bool force_tag = false;                 // move a full version that means another image
  std::size_t parallel_blobs = 3;
};

// Copies what `source` names (by its digest where it has one) to `target`: under its tag, and by its digest where it
// has none; a digest in `target` must be that of what is copied. Blobs that are there are passed over, those of the
// same registry mounted, all others streamed and verified on the way, in bounded memory. Nothing is tagged unless all
// is there. Returns what the target means now. Throws Error(kConflict) where the tag is a full version that means
// another image (policy/tag_rules.h) and is not forced: before anything is sent, and once more before the tag moves.
oci::Descriptor copy(Registries& registries, const oci::Reference& source, const oci::Reference& target,
                     const CopyOptions& options, Progress& progress);

}  // namespace davit::transfer
