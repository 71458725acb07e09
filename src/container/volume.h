#pragma once
// Docker's -v HOST:CONTAINER[:OPTIONS]. Bind mounts; named and anonymous volumes are refused by name.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace davit::container {

struct BindVolume {
  std::filesystem::path source;  // absolute, on the host; made as a folder at start when it is missing, as docker does
  std::filesystem::path target;  // absolute, in the container
  bool read_only = false;
  bool operator==(const BindVolume&) const = default;
};

// Throws Error(kInvalidArgument) with docker's words, Error(kNotSupported) for a volume.
BindVolume parse_volume(std::string_view text);

// All of them; throws Error(kInvalidArgument, "Duplicate mount point: /x").
std::vector<BindVolume> parse_volumes(const std::vector<std::string>& texts);

}  // namespace davit::container
