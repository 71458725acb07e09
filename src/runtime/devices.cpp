#include "runtime/devices.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/strings.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

// Of /dev: every container has a file system, or a link, of its own there.
constexpr std::array<std::string_view, 8> kNotTheHosts = {"pts",  "shm",   "fd",      "mqueue",
                                                          ".lxc", ".udev", "console", ".lxd-mounts"};

std::optional<DeviceNode> node_at(const stdfs::path& host, const stdfs::path& container) {
  struct stat status {};
  if (::lstat(host.c_str(), &status) != 0 || (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode))) return {};
  return DeviceNode{.path = container,
                    .type = S_ISBLK(status.st_mode) ? 'b' : 'c',
                    .major = major(status.st_rdev),
                    .minor = minor(status.st_rdev),
                    .mode = status.st_mode & 0777,
                    .uid = status.st_uid,
                    .gid = status.st_gid};
}

// All the nodes of a folder and those below; links are not followed.
void add_nodes(const stdfs::path& host, const stdfs::path& container, std::vector<DeviceNode>& nodes) {
  for (const auto& name : fs::list(host)) {
    if (auto node = node_at(host / name, container / name)) {
      nodes.push_back(std::move(*node));
    } else if (fs::is_directory(host / name) && !fs::read_link(host / name)) {
      add_nodes(host / name, container / name, nodes);
    }
  }
}

DeviceRule rule_for(const DeviceNode& node, const std::string& access) {
  return {.allow = true, .type = node.type, .major = node.major, .minor = node.minor, .access = access};
}

void add_device(const Device& wanted, Devices& found) {
  std::error_code error;
  const auto resolved = stdfs::canonical(wanted.host, error);
  std::vector<DeviceNode> nodes;
  if (!error) {
    if (auto node = node_at(resolved, wanted.container)) {
      nodes.push_back(std::move(*node));
    } else if (fs::is_directory(resolved)) {
      add_nodes(resolved, wanted.container, nodes);
    }
  }
  if (nodes.empty()) {
    throw Error::format(Code::kInvalidArgument,
                        "error gathering device information while adding custom device \"{}\": {}",
                        wanted.host.string(), error ? "no such file or directory" : "not a device node");
  }
  for (auto& node : nodes) {
    found.rules.push_back(rule_for(node, wanted.access));
    found.nodes.push_back(std::move(node));
  }
}

// "*" is any.
std::optional<std::int64_t> rule_number(std::string_view text) {
  if (text == "*") return -1;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
  return value;
}

}  // namespace

const std::vector<DeviceRule>& default_device_rules() {
  static const std::vector<DeviceRule> rules = {
      {false, 'a', -1, -1, "rwm"}, {true, 'c', -1, -1, "m"},
      {true, 'b', -1, -1, "m"},    {true, 'c', 1, 3, "rwm"},  // null
      {true, 'c', 1, 5, "rwm"},                               // zero
      {true, 'c', 1, 7, "rwm"},                               // full
      {true, 'c', 1, 8, "rwm"},                               // random
      {true, 'c', 1, 9, "rwm"},                               // urandom
      {true, 'c', 5, 0, "rwm"},                               // tty
      {true, 'c', 5, 1, "rwm"},                               // console
      {true, 'c', 5, 2, "rwm"},                               // ptmx
      {true, 'c', 136, -1, "rwm"},                            // pts
  };
  return rules;
}

Devices find_devices(const std::vector<Device>& wanted) {
  Devices found;
  for (const auto& device : wanted) add_device(device, found);
  return found;
}

Devices host_devices(const stdfs::path& dev) {
  Devices found;
  for (const auto& name : fs::list(dev)) {
    if (std::find(kNotTheHosts.begin(), kNotTheHosts.end(), name) != kNotTheHosts.end()) continue;
    if (auto node = node_at(dev / name, stdfs::path("/dev") / name)) {
      found.nodes.push_back(std::move(*node));
    } else if (fs::is_directory(dev / name) && !fs::read_link(dev / name)) {
      add_nodes(dev / name, stdfs::path("/dev") / name, found.nodes);
    }
  }
  found.rules.push_back({.allow = true, .type = 'a', .access = "rwm"});
  return found;
}

DeviceRule parse_device_rule(std::string_view text) {
  const auto parts = base::split(text, ' ');
  DeviceRule rule;
  const auto colon = parts.size() == 3 ? parts[1].find(':') : std::string::npos;
  bool good = colon != std::string::npos && parts[0].size() == 1 &&
              std::string_view("abc").find(parts[0]) != std::string_view::npos && !parts[2].empty() &&
              parts[2].size() <= 3 && parts[2].find_first_not_of("rwm") == std::string::npos;
  if (good) {
    const auto major = rule_number(std::string_view(parts[1]).substr(0, colon));
    const auto minor = rule_number(std::string_view(parts[1]).substr(colon + 1));
    good = major && minor;
    if (good) return {.allow = true, .type = parts[0][0], .major = *major, .minor = *minor, .access = parts[2]};
  }
  throw Error::format(Code::kInvalidArgument, "invalid device cgroup format '{}'", base::printable(text));
}

}  // namespace davit::runtime
