#include "docker/volume_inspect.h"

#include <boost/json.hpp>

namespace davit::docker {

namespace {

boost::json::value texts(const std::optional<std::map<std::string, std::string>>& map) {
  if (!map || map->empty()) return nullptr;
  boost::json::object object;
  for (const auto& [key, value] : *map) object[key] = value;
  return object;
}

}  // namespace

boost::json::object volume_inspect(const container::VolumeStore& volumes, const container::Volume& volume) {
  return {{"CreatedAt", base::to_rfc3339(std::chrono::floor<std::chrono::seconds>(volume.created))},
          {"Driver", "local"},
          {"Labels", texts(volume.labels)},
          {"Mountpoint", volumes.data(volume.name).string()},
          {"Name", volume.name},
          {"Options", texts(volume.options)},
          {"Scope", "local"}};
}

const text::Type& volume_inspect_type() {
  using text::types::kString;
  using text::types::kStringMap;
  static const text::Type type = {.kind = text::Kind::kStruct,
                                  .name = "volume.Volume",
                                  .fields = {{.name = "CreatedAt", .json = "CreatedAt", .type = &kString},
                                             {.name = "Driver", .json = "Driver", .type = &kString},
                                             {.name = "Labels", .json = "Labels", .type = &kStringMap},
                                             {.name = "Mountpoint", .json = "Mountpoint", .type = &kString},
                                             {.name = "Name", .json = "Name", .type = &kString},
                                             {.name = "Options", .json = "Options", .type = &kStringMap},
                                             {.name = "Scope", .json = "Scope", .type = &kString}}};
  return type;
}

}  // namespace davit::docker
