#pragma once
// What `davit build` reads before it begins: context, Dockerfile, .dockerignore.

#include <string>

#include "build/build_request.h"

namespace davit::cli {

// `context` and `file` as typed (PATH or "-"; -f). Throws ClientError in docker's words for what is not there or is
// none, and for what davit does not fetch yet.
void read_build_input(const std::string& context, const std::string& file, build::BuildRequest& request);

}  // namespace davit::cli
