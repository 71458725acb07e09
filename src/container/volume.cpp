#include "container/volume.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/strings.h"

namespace davit::container {

namespace {

using base::Code;
using base::Error;

// Options that docker takes and that mean nothing (labels without SELinux, caches of other systems) or what we do
// anyway.
constexpr std::array<std::string_view, 8> kWithoutEffect = {"rw",        "z",          "Z",        "cached",
                                                            "delegated", "consistent", "rprivate", "nocopy"};
constexpr std::array<std::string_view, 5> kPropagation = {"shared", "rshared", "slave", "rslave", "private"};

bool is_volume_name(std::string_view text) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return text.size() > 1 && alphanumeric(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
           return alphanumeric(c) || c == '_' || c == '.' || c == '-';
         });
}

std::filesystem::path clean(const std::string& path) {
  auto normal = std::filesystem::path(path).lexically_normal();
  return normal.has_filename() || normal == "/" ? normal : normal.parent_path();
}

void apply_options(std::string_view options, BindVolume& volume) {
  for (const auto& option : base::split(options, ',')) {
    if (option == "ro") {
      volume.read_only = true;
    } else if (std::find(kPropagation.begin(), kPropagation.end(), option) != kPropagation.end()) {
      throw Error::format(Code::kNotSupported, "mount propagation '{}' of a volume is not supported yet", option);
    } else if (std::find(kWithoutEffect.begin(), kWithoutEffect.end(), option) == kWithoutEffect.end()) {
      throw Error::format(Code::kInvalidArgument, "invalid mode: {}", base::printable(options));
    }
  }
}

}  // namespace

BindVolume parse_volume(std::string_view text) {
  const auto parts = base::split(text, ':');
  const std::string shown = base::printable(text);
  if (std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); })) {
    throw Error::format(Code::kInvalidArgument, "invalid spec: {}: empty section between colons", shown);
  }
  if (parts.size() > 3) throw Error::format(Code::kInvalidArgument, "invalid volume specification: '{}'", shown);
  if (parts.size() == 1) {
    throw Error::format(Code::kNotSupported,
                        "anonymous volumes are not supported yet (-v {}): give a host folder, as in /host:/container",
                        shown);
  }
  const auto& source = parts[0];
  if (source.front() != '/') {
    if (!is_volume_name(source)) {
      throw Error::format(
          Code::kInvalidArgument,
          "create {0}: \"{0}\" includes invalid characters for a local volume name, only "
          "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path",
          base::printable(source));
    }
    throw Error::format(Code::kNotSupported,
                        "named volumes are not supported yet (-v {}): give a host folder, as in /host:/container",
                        shown);
  }
  if (parts[1].front() != '/') {
    throw Error::format(
        Code::kInvalidArgument,
        "invalid volume specification: '{}': invalid mount config for type \"bind\": invalid mount path: '{}' "
        "mount path must be absolute",
        shown, base::printable(parts[1]));
  }
  BindVolume volume{clean(source), clean(parts[1]), false};
  if (volume.target == "/") {
    throw Error::format(
        Code::kInvalidArgument,
        "invalid volume specification: '{}': invalid mount config for type \"bind\": invalid specification: "
        "destination can't be '/'",
        shown);
  }
  if (parts.size() == 3) apply_options(parts[2], volume);
  return volume;
}

std::vector<BindVolume> parse_volumes(const std::vector<std::string>& texts) {
  std::vector<BindVolume> volumes;
  std::set<std::filesystem::path> targets;
  for (const auto& text : texts) {
    volumes.push_back(parse_volume(text));
    if (!targets.insert(volumes.back().target).second) {
      throw Error::format(Code::kInvalidArgument, "Duplicate mount point: {}", volumes.back().target.string());
    }
  }
  return volumes;
}

}  // namespace davit::container
