#pragma once
// The HEALTHCHECK instruction: NONE, or options and a CMD.

#include <string_view>

#include "oci/image_config.h"

namespace davit::operations {

// Parses what follows the word HEALTHCHECK: "NONE", "--interval=30s --retries=3 CMD curl -f localhost", "CMD
// [\"/check\"]". Throws Error(kInvalidArgument) in docker's words.
oci::Healthcheck parse_healthcheck(std::string_view text);

}  // namespace davit::operations
