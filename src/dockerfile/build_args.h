#pragma once
// Arguments that come from outside of the file (Dockerfile reference, "ARG": "Predefined ARGs", "Automatic platform
// ARGs", "BuildKit built-in build args"), and the global scope: the ARGs before the first FROM.

#include <map>
#include <string>
#include <string_view>

#include "dockerfile/dockerfile.h"
#include "dockerfile/expansion.h"

namespace davit::dockerfile {

// What --build-arg gives: names and values.
using BuildArgs = std::map<std::string, std::string, std::less<>>;

// HTTP_PROXY, https_proxy, …: RUN has them without an ARG, history and cache do not, unless an ARG names them.
bool is_proxy_argument(std::string_view name);
// TARGETPLATFORM, BUILDARCH, …: in the global scope without an ARG; a stage needs one.
bool is_platform_argument(std::string_view name);
// BUILDKIT_SBOM_SCAN_STAGE, _CONTEXT: an ARG of theirs speaks to the builder and sets no variable.
bool is_builder_argument(std::string_view name);

struct PlatformNames {
  std::string os;
  std::string architecture;
  std::string variant = {};
  std::string os_version = {};
};

// The automatic platform arguments, and TARGETSTAGE ("default" where the target has no name). given overrides.
Environment platform_arguments(const PlatformNames& build, const PlatformNames& target, std::string_view target_stage,
                               const BuildArgs& given = {});

// The global scope: the predefined arguments and the file's ARGs, in their order, with the given values or the
// defaults, which may use what came before. Throws SourceError.
Environment global_arguments(const Dockerfile& file, Environment predefined, const BuildArgs& given);

}  // namespace davit::dockerfile
