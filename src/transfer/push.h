#pragma once
// From the store to a registry: the very bytes that were pulled or made, each layer sent only where it is not there
// yet.

#include <string>

#include "oci/reference.h"
#include "store/store.h"
#include "transfer/progress.h"
#include "transfer/registries.h"

namespace davit::transfer {

struct PushOptions {
  std::size_t parallel_layers = 3;
  bool one_of_several = false;  // the repository has been named already
};

// Pushes what the tag means. An index goes only when all of its manifests are here; else the chosen platform's
// manifest, and progress says so. Returns what the registry's tag means now. Throws Error(kNotFound) with docker's
// words when there is no such tag here.
oci::Descriptor push(store::Store& store, Registries& registries, const oci::Reference& reference,
                     const PushOptions& options, Progress& progress);

}  // namespace davit::transfer
