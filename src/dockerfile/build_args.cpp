#include "dockerfile/build_args.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace davit::dockerfile {

namespace {

constexpr std::array<std::string_view, 11> kPlatformArguments = {
    "BUILDPLATFORM", "BUILDOS",         "BUILDOSVERSION", "BUILDARCH",     "BUILDVARIANT", "TARGETPLATFORM",
    "TARGETOS",      "TARGETOSVERSION", "TARGETARCH",     "TARGETVARIANT", "TARGETSTAGE"};
constexpr std::array<std::string_view, 5> kProxies = {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
                                                      "all_proxy"};
constexpr std::array<std::string_view, 2> kBuilderArguments = {"BUILDKIT_SBOM_SCAN_CONTEXT",
                                                               "BUILDKIT_SBOM_SCAN_STAGE"};

template <typename Names>
bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string joined(const PlatformNames& platform, bool with_version) {
  std::string text = platform.os;
  if (with_version && !platform.os_version.empty()) text += "(" + platform.os_version + ")";
  text += "/" + platform.architecture;
  return platform.variant.empty() ? text : text + "/" + platform.variant;
}

}  // namespace

bool is_proxy_argument(std::string_view name) {
  return has(kProxies, base::to_lower(name)) && (name == base::to_lower(name) || name == base::to_upper(name));
}
bool is_platform_argument(std::string_view name) { return has(kPlatformArguments, name); }
bool is_builder_argument(std::string_view name) { return has(kBuilderArguments, name); }

Environment platform_arguments(const PlatformNames& build, const PlatformNames& target, std::string_view target_stage,
                               const BuildArgs& given) {
  const std::array<std::string, kPlatformArguments.size()> values = {
      joined(build, false),
      build.os,
      build.os_version,
      build.architecture,
      build.variant,
      joined(target, true),
      target.os,
      target.os_version,
      target.architecture,
      target.variant,
      target_stage.empty() ? "default" : std::string(target_stage)};
  Environment out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto found = given.find(kPlatformArguments[i]);
    out.set(kPlatformArguments[i], found == given.end() ? values[i] : found->second);
  }
  return out;
}

Environment global_arguments(const Dockerfile& file, Environment predefined, const BuildArgs& given) {
  Environment globals = std::move(predefined);
  for (const Instruction& instruction : file.global_args) {
    for (const ArgDefinition& definition : std::get<Arg>(instruction.value).definitions) {
      const auto found = given.find(definition.name);
      if (found != given.end()) {
        globals.set(definition.name, found->second);
      } else if (definition.value) {
        try {
          globals.set(definition.name, expand_word(*definition.value, globals, {.escape = file.directives.escape}));
        } catch (const base::Error& error) {
          throw file.mistake(instruction.lines, error);
        }
      }
    }
  }
  return globals;
}

}  // namespace davit::dockerfile
