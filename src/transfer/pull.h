#pragma once
// From a registry into the store: manifest, config, layers; each blob fetched once, unpacked while it arrives.

#include <optional>
#include <string>

#include "oci/reference.h"
#include "store/store.h"
#include "transfer/blob_fetch.h"
#include "transfer/progress.h"
#include "transfer/registries.h"

namespace davit::transfer {

struct PullOptions {
  std::optional<oci::Platform> platform;  // default: this machine's
  std::size_t parallel_layers = 3;
  FetchOptions fetch;
  std::string command = "pull";  // for the tag journal
  bool one_of_several = false;   // the status is told of all at the end: tell_pull_status
};

struct PullResult {
  oci::Descriptor target;  // what the reference named: a manifest or an index
  oci::Digest image;
  bool up_to_date = false;  // nothing changed here
};

// Pulls what `reference` names and sets the tag and the repository digest. Of a tag and a digest the digest decides,
// and the tag is left as it is. An unchanged tag costs one HEAD. Interrupted, it throws Error(kCancelled); what was
// fetched stays for the next time. Image, tag and repository digest change at the end, as one step.
PullResult pull(store::Store& store, Registries& registries, const oci::Reference& reference,
                const PullOptions& options, Progress& progress);

// Docker's last line: "Status: Downloaded newer image for NAME".
void tell_pull_status(const std::string& name, bool up_to_date, Progress& progress);

}  // namespace davit::transfer
