#pragma once
// commit: a container's changes become an image, on top of the one it was made of.

#include <optional>
#include <string>
#include <vector>

#include "container/container_store.h"
#include "oci/reference.h"
#include "store/store.h"

namespace davit::operations {

struct CommitOptions {
  std::optional<oci::Reference> tag;
  std::string author, message;
  std::vector<std::string> changes;  // --change: config_changes.h
  bool pause = true;                 // while its layer is read, if it runs
};

// The image's configuration is the container's, with the changes; its layers are those of the container's image and one
// of what the container changed, if it changed anything. Durable on return. Throws Error with docker's words.
store::ImageRecord commit_container(store::Store& store, container::ContainerStore& containers,
                                    const std::string& container, const CommitOptions& options);

}  // namespace davit::operations
