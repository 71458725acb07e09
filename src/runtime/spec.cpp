#include "runtime/spec.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <boost/json.hpp>
#include <linux/capability.h>

#include "base/error.h"

namespace davit::runtime {

namespace {

namespace json = boost::json;
using base::Code;
using base::Error;

// By bit number (linux/capability.h).
constexpr std::array<std::string_view, 41> kCapabilityNames = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};
static_assert(kCapabilityNames[CAP_SETFCAP] == "CAP_SETFCAP" &&
              kCapabilityNames[CAP_CHECKPOINT_RESTORE] == "CAP_CHECKPOINT_RESTORE");

struct DeviceRule {
  bool allow;
  char type;         // 0: both
  int major, minor;  // -1: any
  const char* access;
};
// Docker's: nodes may be made, but only these used.
constexpr std::array kDeviceRules = {
    DeviceRule{false, 0, -1, -1, "rwm"},  DeviceRule{true, 'c', -1, -1, "m"},
    DeviceRule{true, 'b', -1, -1, "m"},   DeviceRule{true, 'c', 1, 3, "rwm"},  // null
    DeviceRule{true, 'c', 1, 5, "rwm"},                                        // zero
    DeviceRule{true, 'c', 1, 7, "rwm"},                                        // full
    DeviceRule{true, 'c', 1, 8, "rwm"},                                        // random
    DeviceRule{true, 'c', 1, 9, "rwm"},                                        // urandom
    DeviceRule{true, 'c', 5, 0, "rwm"},                                        // tty
    DeviceRule{true, 'c', 5, 1, "rwm"},                                        // console
    DeviceRule{true, 'c', 5, 2, "rwm"},                                        // ptmx
    DeviceRule{true, 'c', 136, -1, "rwm"}                                      // pts
};

json::array strings(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::array device_rules() {
  json::array rules;
  for (const auto& row : kDeviceRules) {
    json::object rule = {{"allow", row.allow}};
    if (row.type != 0) rule["type"] = std::string(1, row.type);
    if (row.major >= 0) rule["major"] = row.major;
    if (row.minor >= 0) rule["minor"] = row.minor;
    rule["access"] = row.access;
    rules.push_back(std::move(rule));
  }
  return rules;
}

json::object capabilities(const ProcessSpec& process, const HostLimits& host) {
  json::array held;
  for (const auto& capability : process.capabilities) {
    const auto* bit = std::find(kCapabilityNames.begin(), kCapabilityNames.end(), capability);
    if (bit == kCapabilityNames.end())
      throw Error::format(Code::kInvalidArgument, "unknown capability: \"{}\"", capability);
    if ((host.capabilities >> (bit - kCapabilityNames.begin()) & 1) != 0) held.emplace_back(capability);
  }
  if (process.uid != 0) return {{"bounding", held}};  // as execve(2) would leave them
  return {{"bounding", held}, {"effective", held}, {"permitted", held}};
}

json::array limits(const ProcessSpec& process, const HostLimits& host) {
  json::array result;
  for (const auto& limit : process.limits) {
    const auto own = host.hard_limits.find(limit.name);
    const auto most = own == host.hard_limits.end() ? UINT64_MAX : own->second;
    result.push_back(
        {{"type", limit.name}, {"soft", std::min(limit.soft, most)}, {"hard", std::min(limit.hard, most)}});
  }
  return result;
}

json::object process_object(const ProcessSpec& process, const HostLimits& host) {
  json::object user = {{"uid", process.uid}, {"gid", process.gid}};
  if (!process.additional_gids.empty()) {
    user["additionalGids"] = json::array(process.additional_gids.begin(), process.additional_gids.end());
  }
  json::object object = {
      {"terminal", process.terminal},     {"user", std::move(user)},
      {"args", strings(process.args)},    {"env", strings(process.env)},
      {"cwd", process.working_dir},       {"capabilities", capabilities(process, host)},
      {"rlimits", limits(process, host)}, {"noNewPrivileges", process.no_new_privileges},
  };
  if (host.may_lower_oom_score || process.oom_score_adj >= host.oom_score_adj)
    object["oomScoreAdj"] = process.oom_score_adj;
  return object;
}

json::array mounts(const std::vector<Mount>& all) {
  json::array result;
  for (const auto& mount : all) {
    result.push_back({{"destination", mount.target.string()},
                      {"type", mount.type},
                      {"source", mount.source},
                      {"options", strings(mount.options)}});
  }
  return result;
}

json::array namespaces(const std::vector<Namespace>& all) {
  json::array result;
  for (const auto& entry : all) {
    json::object object = {{"type", entry.kind}};
    if (!entry.path.empty()) object["path"] = entry.path.string();
    result.push_back(std::move(object));
  }
  return result;
}

}  // namespace

Mount bind_mount(const std::filesystem::path& source, const std::filesystem::path& target, bool read_only) {
  Mount mount{target, "bind", source.string(), {"rbind", "rprivate"}};
  if (read_only) mount.options.emplace_back("ro");
  return mount;
}

std::string to_oci_json(const ContainerSpec& spec, const HostLimits& host) {
  if (spec.process.args.empty()) throw Error(Code::kInvalidArgument, "No command specified");
  json::object sysctls;
  for (const auto& [key, value] : spec.sysctls) sysctls[key] = value;
  json::object document = {
      {"ociVersion", "1.0.2"},
      {"process", process_object(spec.process, host)},
      {"root", {{"path", spec.rootfs.string()}, {"readonly", false}}},
      {"mounts", mounts(spec.mounts)},
  };
  const bool own_uts = std::any_of(spec.namespaces.begin(), spec.namespaces.end(),
                                   [](const Namespace& entry) { return entry.kind == "uts" && entry.path.empty(); });
  if (own_uts && !spec.hostname.empty()) document["hostname"] = spec.hostname;
  document["linux"] = json::object{
      {"cgroupsPath", spec.cgroup_path},
      {"namespaces", namespaces(spec.namespaces)},
      {"resources", {{"devices", device_rules()}}},
      {"sysctl", std::move(sysctls)},
      {"maskedPaths", strings(spec.masked_paths)},
      {"readonlyPaths", strings(spec.read_only_paths)},
  };
  return json::serialize(document);
}

}  // namespace davit::runtime
