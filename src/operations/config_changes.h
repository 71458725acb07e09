#pragma once
// --change: Dockerfile instructions that alter an image's configuration alone.

#include <string>
#include <vector>

#include "oci/image_config.h"

namespace davit::operations {

// Applies CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR in order.
// Throws Error(kInvalidArgument) naming the instruction that is unknown or malformed.
void apply_changes(oci::ExecutionConfig& config, const std::vector<std::string>& changes);

}  // namespace davit::operations
