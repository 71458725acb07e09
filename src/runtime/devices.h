#pragma once
// Devices in a container: its nodes, and the rules that say which it may use.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "runtime/resources.h"

namespace davit::runtime {

// A node that is made in the container's /dev.
struct DeviceNode {
  std::filesystem::path path;  // in the container
  char type = 'c';             // 'c', 'b'
  std::int64_t major = 0, minor = 0;
  mode_t mode = 0600;
  uid_t uid = 0;
  gid_t gid = 0;
  bool operator==(const DeviceNode&) const = default;
};

struct DeviceRule {
  bool allow = true;
  char type = 'a';                      // 'a': both
  std::int64_t major = -1, minor = -1;  // -1: any
  std::string access = "rwm";
  bool operator==(const DeviceRule&) const = default;
};

struct Devices {
  std::vector<DeviceNode> nodes;
  std::vector<DeviceRule> rules;  // over default_device_rules()
};

// Docker's: nodes may be made, but none used but those of default_mounts() and the usual harmless ones.
const std::vector<DeviceRule>& default_device_rules();

// What --device names: a node, or all those below a folder. Throws Error(kInvalidArgument) in docker's words for what
// is neither or has none.
Devices find_devices(const std::vector<Device>& wanted);
// All of the host's, for --privileged: the nodes of /dev, without those that every container has for itself, and the
// rule that allows everything.
Devices host_devices(const std::filesystem::path& dev = "/dev");

// "c 1:3 mr", "a *:* rwm". Throws Error(kInvalidArgument) in docker's words.
DeviceRule parse_device_rule(std::string_view text);

}  // namespace davit::runtime
