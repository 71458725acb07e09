#pragma once
// Docker's conventions for lists and maps in JSON, and names of a container's values. Private to src/docker.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "container/description.h"

namespace davit::docker {

inline boost::json::array list_of(const std::vector<std::string>& values) {
  return boost::json::array(values.begin(), values.end());
}

inline boost::json::value list_or_null(const std::vector<std::string>& values) {
  if (values.empty()) return nullptr;
  return list_of(values);
}

inline boost::json::object map_of(const std::map<std::string, std::string>& values) {
  boost::json::object object;
  for (const auto& [key, value] : values) object[key] = value;
  return object;
}

// Docker's sets: {"/data": {}}, or null.
inline boost::json::value set_or_null(const std::vector<std::string>& keys) {
  if (keys.empty()) return nullptr;
  boost::json::object object;
  for (const std::string& key : keys) object[key] = boost::json::object();
  return object;
}

inline const char* mount_type(container::MountKind kind) {
  switch (kind) {
    case container::MountKind::kBind:
      return "bind";
    case container::MountKind::kVolume:
      return "volume";
    case container::MountKind::kTmpfs:
      return "tmpfs";
  }
  return "";
}

inline const std::string& network_name(const container::Description& description) { return description.network; }

}  // namespace davit::docker
