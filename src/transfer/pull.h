#pragma once
// From a registry into the store: manifest, config, layers; each blob fetched once, unpacked while it arrives.

#include <optional>
#include <string>

#include "oci/reference.h"
#include "store/store.h"
#include "transfer/progress.h"
#include "transfer/registries.h"

namespace davit::transfer {

struct PullOptions {
  std::optional<oci::Platform> platform;  // default: this machine's
  std::size_t parallel_layers = 3;
  std::string command = "pull";  // for the tag journal
};

struct PullResult {
  oci::Descriptor target;  // what the reference named: a manifest or an index
  oci::Digest image;
  bool up_to_date = false;  // nothing changed here
};

// Pulls what `reference` (a tag or a digest, or both: then the digest decides) names, sets the tag and the repository
// digest. An unchanged tag costs one HEAD. Interrupted, it throws Error(kCancelled); what was fetched stays for the
// next time. The store is changed only at the end, by the image record and then the tag.
PullResult pull(store::Store& store, Registries& registries, const oci::Reference& reference,
                const PullOptions& options, Progress& progress);

}  // namespace davit::transfer
