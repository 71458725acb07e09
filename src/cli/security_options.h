#pragma once
// --security-opt: docker's names and rules.

#include <string>
#include <vector>

#include "container/description.h"

namespace davit::cli {

// Puts the options into `security`, a seccomp profile's file read and checked to be JSON. Throws ClientError for what
// docker's client refuses (a file that is none), Error for what its daemon does and for what this host has not.
void apply_security_options(const std::vector<std::string>& options, container::Security& security);

}  // namespace davit::cli
