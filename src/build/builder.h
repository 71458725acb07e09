#pragma once
// Makes an image of a Dockerfile: only the stages that the target needs, each step once, from the cache where what it
// is made of is what it was. docs/build.md.

#include "build/build_request.h"
#include "build/progress.h"
#include "container/container_store.h"
#include "store/store.h"
#include "transfer/progress.h"
#include "transfer/registries.h"

namespace davit::build {

// What a build works with; all of it outlives the build.
struct Workshop {
  store::Store& store;
  transfer::Registries& registries;
  container::ContainerStore::Options containers;  // of the store's own: RunContainers has its own folders
  BuildProgress& progress;
  transfer::Progress& pulls;
};

// Durable on return, with its tags. Throws dockerfile::SourceError for a mistake in the Dockerfile or a step that
// fails, else Error in BuildKit's words; Error(kCancelled) after an interrupt, when nothing is left of what was under
// way but the cache of steps that were done.
store::ImageRecord build(const Workshop& workshop, const BuildRequest& request);

}  // namespace davit::build
