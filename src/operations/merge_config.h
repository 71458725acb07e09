#pragma once
// An image's configuration and what the command line says, as one: docker's rules.

#include "container/description.h"
#include "oci/image_config.h"
#include "operations/run_container.h"

namespace davit::operations {

// What the container is to be, but for the image's identity and for mounts: those asked for, and in `volumes` the
// targets that are to be volumes where nothing else is mounted. Throws Error(kInvalidArgument, "No command specified").
container::Description merge_config(const oci::ExecutionConfig& image, const RunOptions& options);

}  // namespace davit::operations
