#include "docker/container_host_config.h"

#include <boost/json.hpp>

#include "base/strings.h"
#include "docker/json_lists.h"
#include "runtime/spec.h"

namespace davit::docker {

namespace json = boost::json;
using container::Description;
using container::MountKind;
using container::MountOrigin;
using container::MountPoint;

namespace {

json::value binds_of(const Description& description) {
  json::array list;
  for (const MountPoint& mount : description.mounts) {
    if (mount.origin != MountOrigin::kVolumeFlag || mount.anonymous) continue;
    list.emplace_back(mount.source + ":" + mount.target.string() + (mount.mode.empty() ? "" : ":" + mount.mode));
  }
  if (list.empty()) return nullptr;
  return list;
}

json::object volume_options(const MountPoint& mount) {
  json::object options, driver;
  if (!mount.copy) options["NoCopy"] = true;
  if (!mount.labels.empty()) options["Labels"] = map_of(mount.labels);
  if (!mount.subpath.empty()) options["Subpath"] = mount.subpath;
  if (!mount.driver.empty()) driver["Name"] = mount.driver;
  if (!mount.driver_options.empty()) driver["Options"] = map_of(mount.driver_options);
  // Docker's client makes one as soon as any option of the volume is told.
  if (!options.empty() || !driver.empty()) options["DriverConfig"] = std::move(driver);
  return options;
}

json::object bind_options(const MountPoint& mount) {
  json::object options;
  if (!mount.propagation.empty()) options["Propagation"] = mount.propagation;
  if (!mount.recursive) options["NonRecursive"] = true;
  if (mount.recursive_read_only) options["ReadOnlyForceRecursive"] = true;
  return options;
}

json::object tmpfs_options(const MountPoint& mount) {
  json::object options;
  if (mount.size != 0) options["SizeBytes"] = mount.size;
  if (mount.permissions != 0) options["Mode"] = mount.permissions;
  return options;
}

// What --mount said.
json::object mount_of(const MountPoint& mount) {
  json::object object = {{"Type", mount_type(mount.kind)}};
  if (!mount.source.empty() && !mount.anonymous) object["Source"] = mount.source;
  object["Target"] = mount.target.string();
  if (mount.read_only) object["ReadOnly"] = true;
  if (!mount.consistency.empty()) object["Consistency"] = mount.consistency;
  const auto put = [&](const char* name, json::object options) {
    if (!options.empty()) object[name] = std::move(options);
  };
  if (mount.kind == MountKind::kBind) put("BindOptions", bind_options(mount));
  if (mount.kind == MountKind::kVolume) put("VolumeOptions", volume_options(mount));
  if (mount.kind == MountKind::kTmpfs) put("TmpfsOptions", tmpfs_options(mount));
  return object;
}

// What -p said.
json::object port_bindings_of(const Description& description) {
  json::object bindings;
  for (const auto& wish : description.ports) {
    auto& list = bindings[std::to_string(wish.container_port) + "/" + network::name(wish.protocol)];
    if (!list.is_array()) list = json::array();
    std::string host_port = wish.first_host_port == 0 ? "" : std::to_string(wish.first_host_port);
    if (wish.last_host_port > wish.first_host_port) host_port += "-" + std::to_string(wish.last_host_port);
    list.as_array().push_back(json::object{{"HostIp", wish.host}, {"HostPort", host_port}});
  }
  return bindings;
}

// "/other:/own/alias"; null for none.
json::value links_of(const Description& description) {
  if (description.links.empty()) return nullptr;
  json::array links;
  for (const auto& link : description.links)
    links.push_back(json::string("/" + link.container + ":/" + description.name + "/" + link.alias));
  return links;
}

json::array rates_of(const std::vector<runtime::DeviceRate>& rates, const char* member) {
  json::array array;
  for (const auto& rate : rates) array.push_back(json::object{{"Path", rate.device.string()}, {member, rate.rate}});
  return array;
}

json::array devices_of(const Description& description) {
  json::array array;
  for (const auto& device : description.devices) {
    array.push_back(json::object{{"PathOnHost", device.host.string()},
                                 {"PathInContainer", device.container.string()},
                                 {"CgroupPermissions", device.access}});
  }
  return array;
}

json::array limits_of(const Description& description) {
  constexpr std::string_view kPrefix = "RLIMIT_";
  json::array array;
  for (const auto& limit : description.limits) {
    array.push_back(json::object{{"Name", base::to_lower(std::string_view(limit.name).substr(kPrefix.size()))},
                                 {"Hard", static_cast<std::int64_t>(limit.hard)},
                                 {"Soft", static_cast<std::int64_t>(limit.soft)}});
  }
  return array;
}

// Docker switches SELinux off for those that see the host's processes, and shows it among the options.
json::value security_options(const Description& description) {
  std::vector<std::string> options = description.security.options;
  const auto& namespaces = description.namespaces;
  if (description.security.privileged || namespaces.ipc == "host" || namespaces.pid == "host")
    options.emplace_back("label=disable");
  if (description.security.unmasked_paths) return list_of(options);  // it was given, and is shown by the paths
  return list_or_null(options);
}

json::value paths_of(const Description& description, const std::vector<std::string>& paths) {
  if (description.security.privileged) return nullptr;
  return list_of(description.security.unmasked_paths ? std::vector<std::string>() : paths);
}

void put_resources(const Description& description, json::object& config) {
  const auto& resources = description.resources;
  config["CpuShares"] = resources.cpu_shares;
  config["Memory"] = resources.memory;
  config["NanoCpus"] = resources.nano_cpus;
  config["CgroupParent"] = description.cgroup_parent;
  config["BlkioWeight"] = resources.blkio_weight;
  config["BlkioWeightDevice"] = rates_of(resources.blkio_weight_devices, "Weight");
  config["BlkioDeviceReadBps"] = rates_of(resources.read_bps, "Rate");
  config["BlkioDeviceWriteBps"] = rates_of(resources.write_bps, "Rate");
  config["BlkioDeviceReadIOps"] = rates_of(resources.read_iops, "Rate");
  config["BlkioDeviceWriteIOps"] = rates_of(resources.write_iops, "Rate");
  config["CpuPeriod"] = resources.cpu_period;
  config["CpuQuota"] = resources.cpu_quota;
  config["CpuRealtimePeriod"] = resources.cpu_rt_period;
  config["CpuRealtimeRuntime"] = resources.cpu_rt_runtime;
  config["CpusetCpus"] = resources.cpuset_cpus;
  config["CpusetMems"] = resources.cpuset_mems;
  config["Devices"] = devices_of(description);
  config["DeviceCgroupRules"] = list_or_null(description.device_rules);
  config["DeviceRequests"] = nullptr;
  config["KernelMemory"] = 0;
  config["KernelMemoryTCP"] = 0;
  config["MemoryReservation"] = resources.memory_reservation;
  config["MemorySwap"] = resources.memory_swap;
  config["MemorySwappiness"] =
      resources.memory_swappiness ? json::value(*resources.memory_swappiness) : json::value(nullptr);
  config["OomKillDisable"] = resources.oom_kill_disable;
  config["PidsLimit"] = resources.pids_limit > 0 ? json::value(resources.pids_limit) : json::value(nullptr);
  config["Ulimits"] = limits_of(description);
  config["CpuCount"] = 0;
  config["CpuPercent"] = 0;
  config["IOMaximumIOps"] = 0;
  config["IOMaximumBandwidth"] = 0;
}

void put_mounts(const Description& description, json::object& config) {
  json::array mounts;
  for (const MountPoint& mount : description.mounts) {
    if (mount.origin == MountOrigin::kMountFlag) mounts.push_back(mount_of(mount));
  }
  if (!mounts.empty()) config["Mounts"] = std::move(mounts);
}

json::object tmpfs_of(const Description& description) {
  json::object tmpfs;
  for (const MountPoint& mount : description.mounts) {
    if (mount.origin == MountOrigin::kTmpfsFlag) tmpfs[mount.target.string()] = mount.options;
  }
  return tmpfs;
}

}  // namespace

json::object host_config(const ContainerView& view) {
  const Description& description = view.container.record.description;
  const auto& namespaces = description.namespaces;
  const auto or_default = [](const std::string& mode, const char* fallback) { return mode.empty() ? fallback : mode; };
  json::object config = {{"Binds", binds_of(description)},
                         {"ContainerIDFile", description.id_file},
                         {"LogConfig", json::object{{"Type", or_default(description.log.driver, "json-file")},
                                                    {"Config", map_of(description.log.options)}}},
                         {"NetworkMode", network_name(description)},
                         {"PortBindings", port_bindings_of(description)},
                         {"RestartPolicy", json::object({{"Name", "no"}, {"MaximumRetryCount", 0}})},
                         {"AutoRemove", description.auto_remove},
                         {"VolumeDriver", ""},
                         {"VolumesFrom", list_or_null(description.volumes_from)},
                         {"CapAdd", list_or_null(description.security.cap_add)},
                         {"CapDrop", list_or_null(description.security.cap_drop)},
                         {"CgroupnsMode", or_default(namespaces.cgroup, view.cgroup_v2 ? "private" : "host")},
                         {"Dns", list_of(description.names.servers)},
                         {"DnsOptions", list_of(description.names.options)},
                         {"DnsSearch", list_of(description.names.search)},
                         {"ExtraHosts", list_or_null(description.names.extra_hosts)},
                         {"GroupAdd", list_or_null(description.additional_groups)},
                         {"IpcMode", or_default(namespaces.ipc, "private")},
                         {"Cgroup", ""},
                         {"Links", links_of(description)},
                         {"OomScoreAdj", description.oom_score_adj},
                         {"PidMode", namespaces.pid},
                         {"Privileged", description.security.privileged},
                         {"PublishAllPorts", description.publish_all},
                         {"ReadonlyRootfs", description.read_only_root},
                         {"SecurityOpt", security_options(description)}};
  if (auto tmpfs = tmpfs_of(description); !tmpfs.empty()) config["Tmpfs"] = std::move(tmpfs);
  config["UTSMode"] = namespaces.uts;
  config["UsernsMode"] = namespaces.user;
  config["ShmSize"] = description.shm_size;
  if (!description.sysctls.empty()) config["Sysctls"] = map_of(description.sysctls);
  config["Runtime"] = view.runtime;
  config["ConsoleSize"] = json::array{0, 0};
  if (!description.annotations.empty()) config["Annotations"] = map_of(description.annotations);
  config["Isolation"] = "";
  put_resources(description, config);
  put_mounts(description, config);
  config["MaskedPaths"] = paths_of(description, runtime::default_masked_paths());
  config["ReadonlyPaths"] = paths_of(description, runtime::default_read_only_paths());
  if (description.init) config["Init"] = true;
  return config;
}

}  // namespace davit::docker
