#pragma once
// run: the image (pulled once, if at all), its configuration merged with the command line, a container.

#include <optional>
#include <string>
#include <vector>

#include "container/container_store.h"
#include "store/store.h"
#include "transfer/pull.h"
#include "transfer/registries.h"

namespace davit::operations {

enum class PullPolicy { kAlways, kMissing, kNever };

// Throws Error(kInvalidArgument) with docker's words unless "always", "missing" or "never".
PullPolicy parse_pull_policy(const std::string& text);

// What the command line says; what it leaves open, the image says.
struct RunOptions {
  std::string image;  // as typed
  std::vector<std::string> command;
  std::optional<std::string> entrypoint;  // empty: the image's is dropped
  std::vector<std::string> env;           // "NAME=value", or "NAME" for that of our own environment
  std::string user, working_dir, hostname, name;
  std::vector<std::string> volumes;
  runtime::NetworkMode network = runtime::NetworkMode::kNone;
  bool auto_remove = false;
  bool open_stdin = false;
  PullPolicy pull = PullPolicy::kMissing;
  transfer::PullOptions pull_options;
};

// Makes the container. An image that is here is not asked for anywhere (kMissing, kNever); `missing` is called before a
// pull of one that is not. Throws Error with docker's words.
container::Container create_container(store::Store& store, container::ContainerStore& containers,
                                      transfer::Registries& registries, const RunOptions& options,
                                      transfer::Progress& progress,
                                      const std::function<void(const oci::Reference&)>& missing);

}  // namespace davit::operations
