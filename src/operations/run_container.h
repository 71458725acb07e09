#pragma once
// run, create: the image (pulled once, if at all), its configuration merged with the command line, a container.

#include <optional>
#include <string>
#include <vector>

#include "container/container_store.h"
#include "store/store.h"
#include "transfer/pull.h"
#include "transfer/registries.h"

namespace davit::operations {

enum class PullPolicy { kAlways, kMissing, kNever };

// Throws Error(kInvalidArgument) with docker's words unless "always", "missing" (or empty) or "never".
PullPolicy parse_pull_policy(const std::string& text);

// What the command line says; what it leaves open, the image says.
struct RunOptions {
  std::string image;  // as typed
  std::vector<std::string> command;
  std::optional<std::string> entrypoint;  // empty: the image's is dropped
  // What flags say. Its image, entrypoint and command are of no account.
  container::Description asked;
  PullPolicy pull = PullPolicy::kMissing;
  transfer::PullOptions pull_options;
};

struct CreatedContainer {
  container::Container container;
  std::vector<std::string> warnings;  // docker's, a sentence each: what of the flags this host cannot do
};

// Makes the container. What can be refused without the image is refused first. An image that is here is not asked for
// anywhere (kMissing, kNever); `missing` is called before a pull of one that is not. Throws Error with docker's words.
CreatedContainer create_container(store::Store& store, container::ContainerStore& containers,
                                  transfer::Registries& registries, RunOptions options, transfer::Progress& progress,
                                  const std::function<void(const oci::Reference&)>& missing);

}  // namespace davit::operations
