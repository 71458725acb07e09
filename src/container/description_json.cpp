#include "container/description_json.h"

#include <array>
#include <type_traits>

#include "base/error.h"
#include "base/strings.h"

namespace davit::container {

namespace {

namespace json = boost::json;

// The members of each type under their names: one list serves writing and reading.

template <typename Visit>
void members(Visit& visit, runtime::DeviceRate& rate) {
  visit("device", rate.device);
  visit("rate", rate.rate);
}

template <typename Visit>
void members(Visit& visit, runtime::Resources& resources) {
  visit("memory", resources.memory);
  visit("memory_reservation", resources.memory_reservation);
  visit("memory_swap", resources.memory_swap);
  visit("memory_swappiness", resources.memory_swappiness);
  visit("oom_kill_disable", resources.oom_kill_disable);
  visit("nano_cpus", resources.nano_cpus);
  visit("cpu_shares", resources.cpu_shares);
  visit("cpu_period", resources.cpu_period);
  visit("cpu_quota", resources.cpu_quota);
  visit("cpu_rt_period", resources.cpu_rt_period);
  visit("cpu_rt_runtime", resources.cpu_rt_runtime);
  visit("cpuset_cpus", resources.cpuset_cpus);
  visit("cpuset_mems", resources.cpuset_mems);
  visit("pids_limit", resources.pids_limit);
  visit("blkio_weight", resources.blkio_weight);
  visit("blkio_weight_devices", resources.blkio_weight_devices);
  visit("read_bps", resources.read_bps);
  visit("write_bps", resources.write_bps);
  visit("read_iops", resources.read_iops);
  visit("write_iops", resources.write_iops);
}

template <typename Visit>
void members(Visit& visit, runtime::Device& device) {
  visit("host", device.host);
  visit("container", device.container);
  visit("access", device.access);
}

template <typename Visit>
void members(Visit& visit, runtime::ResourceLimit& limit) {
  visit("name", limit.name);
  visit("soft", limit.soft);
  visit("hard", limit.hard);
}

template <typename Visit>
void members(Visit& visit, Namespaces& namespaces) {
  visit("ipc", namespaces.ipc);
  visit("pid", namespaces.pid);
  visit("uts", namespaces.uts);
  visit("cgroup", namespaces.cgroup);
  visit("user", namespaces.user);
}

template <typename Visit>
void members(Visit& visit, Security& security) {
  visit("privileged", security.privileged);
  visit("cap_add", security.cap_add);
  visit("cap_drop", security.cap_drop);
  visit("options", security.options);
  visit("no_new_privileges", security.no_new_privileges);
  visit("seccomp", security.seccomp);
  visit("apparmor", security.apparmor);
  visit("unmasked_paths", security.unmasked_paths);
}

template <typename Visit>
void members(Visit& visit, NameService& names) {
  visit("extra_hosts", names.extra_hosts);
  visit("servers", names.servers);
  visit("search", names.search);
  visit("options", names.options);
}

template <typename Visit>
void members(Visit& visit, LogSettings& log) {
  visit("driver", log.driver);
  visit("options", log.options);
}

template <typename Visit>
void members(Visit& visit, MountPoint& mount) {
  visit("kind", mount.kind);
  visit("origin", mount.origin);
  visit("source", mount.source);
  visit("target", mount.target);
  visit("read_only", mount.read_only);
  visit("mode", mount.mode);
  visit("consistency", mount.consistency);
  visit("source_must_exist", mount.source_must_exist);
  visit("propagation", mount.propagation);
  visit("recursive", mount.recursive);
  visit("recursive_read_only", mount.recursive_read_only);
  visit("anonymous", mount.anonymous);
  visit("copy", mount.copy);
  visit("driver", mount.driver);
  visit("subpath", mount.subpath);
  visit("driver_options", mount.driver_options);
  visit("labels", mount.labels);
  visit("size", mount.size);
  visit("permissions", mount.permissions);
  visit("options", mount.options);
}

template <typename Visit>
void members(Visit& visit, Description& description) {
  visit("name", description.name);
  visit("image", description.image);
  visit("image_reference", description.image_reference);
  visit("diff_ids", description.diff_ids);
  visit("platform", description.platform);
  visit("entrypoint", description.entrypoint);
  visit("command", description.command);
  visit("env", description.env);
  visit("user", description.user);
  visit("additional_groups", description.additional_groups);
  visit("working_dir", description.working_dir);
  visit("hostname", description.hostname);
  visit("domainname", description.domainname);
  visit("labels", description.labels);
  visit("annotations", description.annotations);
  visit("init", description.init);
  visit("open_stdin", description.open_stdin);
  visit("stdin_once", description.stdin_once);
  visit("terminal", description.terminal);
  visit("attach_stdin", description.attach_stdin);
  visit("attach_stdout", description.attach_stdout);
  visit("attach_stderr", description.attach_stderr);
  visit("stop_signal", description.stop_signal);
  visit("stop_timeout", description.stop_timeout);
  visit("auto_remove", description.auto_remove);
  visit("id_file", description.id_file);
  visit("log", description.log);
  visit("mounts", description.mounts);
  visit("volumes_from", description.volumes_from);
  visit("declared_volumes", description.volumes);
  visit("read_only_root", description.read_only_root);
  visit("shm_size", description.shm_size);
  visit("network", description.network);
  visit("exposed_ports", description.exposed_ports);
  visit("names", description.names);
  visit("namespaces", description.namespaces);
  visit("security", description.security);
  visit("sysctls", description.sysctls);
  visit("resources", description.resources);
  visit("devices", description.devices);
  visit("device_rules", description.device_rules);
  visit("limits", description.limits);
  visit("oom_score_adj", description.oom_score_adj);
  visit("cgroup_parent", description.cgroup_parent);
  visit("runtime", description.runtime);
}

// Enumerations by their names.

template <typename Enum>
struct NameRow {
  Enum value;
  std::string_view name;
};

constexpr std::array kMountKinds = {NameRow<MountKind>{MountKind::kBind, "bind"},
                                    NameRow<MountKind>{MountKind::kVolume, "volume"},
                                    NameRow<MountKind>{MountKind::kTmpfs, "tmpfs"}};
constexpr std::array kNetworks = {NameRow<runtime::NetworkMode>{runtime::NetworkMode::kNone, "none"},
                                  NameRow<runtime::NetworkMode>{runtime::NetworkMode::kHost, "host"}};
constexpr std::array kMountOrigins = {NameRow<MountOrigin>{MountOrigin::kVolumeFlag, "volume"},
                                      NameRow<MountOrigin>{MountOrigin::kMountFlag, "mount"},
                                      NameRow<MountOrigin>{MountOrigin::kTmpfsFlag, "tmpfs"},
                                      NameRow<MountOrigin>{MountOrigin::kVolumesFrom, "volumes-from"},
                                      NameRow<MountOrigin>{MountOrigin::kImage, "image"}};
const auto& names_of(MountKind) { return kMountKinds; }
const auto& names_of(MountOrigin) { return kMountOrigins; }
const auto& names_of(runtime::NetworkMode) { return kNetworks; }

template <typename Value>
json::value put(const Value& value);

struct Places {
  std::vector<const void*> found;
  template <typename Member>
  void operator()(const char*, Member& member) {
    found.push_back(&member);
  }
};

struct Write {
  const std::vector<const void*>& defaults;
  json::object object = {};
  std::size_t next = 0;
  template <typename Member>
  void operator()(const char* name, Member& member) {
    if (member != *static_cast<const Member*>(defaults[next++])) object[name] = put(member);
  }
};

// Visits the members of two values of a type side by side: what is written and what a default one has.
template <typename Value>
json::object put_object(const Value& value) {
  Value fallback;
  Places defaults;
  members(defaults, fallback);
  Write write{defaults.found};
  members(write, const_cast<Value&>(value));  // visited, not changed
  return std::move(write.object);
}

template <typename Value>
struct IsVector : std::false_type {};
template <typename Item>
struct IsVector<std::vector<Item>> : std::true_type {};
template <typename Value>
struct IsOptional : std::false_type {};
template <typename Item>
struct IsOptional<std::optional<Item>> : std::true_type {};

template <typename Value>
json::value put(const Value& value) {
  if constexpr (std::is_arithmetic_v<Value> || std::is_same_v<Value, std::string>) {
    return json::value_from(value);
  } else if constexpr (std::is_same_v<Value, std::filesystem::path>) {
    return json::value(value.string());
  } else if constexpr (std::is_same_v<Value, oci::Digest>) {
    return json::value(value.text());
  } else if constexpr (std::is_enum_v<Value>) {
    for (const auto& row : names_of(value)) {
      if (row.value == value) return json::value(row.name);
    }
    return nullptr;
  } else if constexpr (std::is_same_v<Value, Labels>) {
    json::object object;
    for (const auto& [key, text] : value) object[key] = text;
    return object;
  } else if constexpr (IsOptional<Value>()) {
    return value ? put(*value) : json::value(nullptr);
  } else if constexpr (IsVector<Value>()) {
    json::array array;
    for (const auto& item : value) array.push_back(put(item));
    return array;
  } else {
    return put_object(value);
  }
}

template <typename Value>
void take(const json::value& from, Value& value);

struct Read {
  const json::object& object;
  template <typename Member>
  void operator()(const char* name, Member& member) {
    if (const auto* found = object.if_contains(name)) take(*found, member);
  }
};

template <typename Value>
void take(const json::value& from, Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    value = from.as_bool();
  } else if constexpr (std::is_arithmetic_v<Value>) {
    value = from.to_number<Value>();
  } else if constexpr (std::is_same_v<Value, std::string> || std::is_same_v<Value, std::filesystem::path>) {
    value = json::value_to<std::string>(from);
  } else if constexpr (std::is_same_v<Value, oci::Digest>) {
    value = oci::Digest::parse(json::value_to<std::string>(from));
  } else if constexpr (std::is_enum_v<Value>) {
    const auto name = json::value_to<std::string>(from);
    for (const auto& row : names_of(value)) {
      if (row.name != name) continue;
      value = row.value;
      return;
    }
    throw base::Error::format(base::Code::kCorrupt, "unknown word '{}'", base::printable(name));
  } else if constexpr (std::is_same_v<Value, Labels>) {
    value.clear();
    for (const auto& [key, text] : from.as_object()) value[key] = json::value_to<std::string>(text);
  } else if constexpr (IsOptional<Value>()) {
    if (from.is_null()) {
      value.reset();
    } else if constexpr (std::is_same_v<typename Value::value_type, oci::Digest>) {
      value = oci::Digest::parse(json::value_to<std::string>(from));
    } else {
      typename Value::value_type item{};
      take(from, item);
      value = item;
    }
  } else if constexpr (IsVector<Value>()) {
    value.clear();
    for (const auto& entry : from.as_array()) {
      if constexpr (std::is_same_v<typename Value::value_type, oci::Digest>) {
        value.push_back(oci::Digest::parse(json::value_to<std::string>(entry)));
      } else {
        typename Value::value_type item{};
        take(entry, item);
        value.push_back(std::move(item));
      }
    }
  } else {
    Read read{from.as_object()};
    members(read, value);
  }
}

}  // namespace

std::vector<std::string> Description::args() const {
  auto words = entrypoint;
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

json::object to_json_object(const Description& description) { return put_object(description); }

Description parse_description(const json::object& object) {
  Description description;
  Read read{object};
  members(read, description);
  return description;
}

}  // namespace davit::container
