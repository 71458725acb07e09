#include "container/description_json.h"

#include <array>

#include "base/json_members.h"

namespace davit::container {

namespace {

namespace json = boost::json;
using base::NameRow;

// Enumerations by their names.

constexpr std::array kMountKinds = {NameRow<MountKind>{MountKind::kBind, "bind"},
                                    NameRow<MountKind>{MountKind::kVolume, "volume"},
                                    NameRow<MountKind>{MountKind::kTmpfs, "tmpfs"}};
constexpr std::array kProtocols = {NameRow<network::Protocol>{network::Protocol::kTcp, "tcp"},
                                   NameRow<network::Protocol>{network::Protocol::kUdp, "udp"},
                                   NameRow<network::Protocol>{network::Protocol::kSctp, "sctp"}};
constexpr std::array kMountOrigins = {NameRow<MountOrigin>{MountOrigin::kVolumeFlag, "volume"},
                                      NameRow<MountOrigin>{MountOrigin::kMountFlag, "mount"},
                                      NameRow<MountOrigin>{MountOrigin::kTmpfsFlag, "tmpfs"},
                                      NameRow<MountOrigin>{MountOrigin::kVolumesFrom, "volumes-from"},
                                      NameRow<MountOrigin>{MountOrigin::kImage, "image"}};

// The members of each type under their names: one list serves writing and reading.
struct DescriptionMembers {
  template <typename Visit>
  static void members(Visit& visit, Link& link) {
    visit("container", link.container);
    visit("alias", link.alias);
  }

  template <typename Visit>
  static void members(Visit& visit, runtime::DeviceRate& rate) {
    visit("device", rate.device);
    visit("rate", rate.rate);
  }

  template <typename Visit>
  static void members(Visit& visit, runtime::Resources& resources) {
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
  static void members(Visit& visit, runtime::Device& device) {
    visit("host", device.host);
    visit("container", device.container);
    visit("access", device.access);
  }

  template <typename Visit>
  static void members(Visit& visit, runtime::ResourceLimit& limit) {
    visit("name", limit.name);
    visit("soft", limit.soft);
    visit("hard", limit.hard);
  }

  template <typename Visit>
  static void members(Visit& visit, Namespaces& namespaces) {
    visit("ipc", namespaces.ipc);
    visit("pid", namespaces.pid);
    visit("uts", namespaces.uts);
    visit("cgroup", namespaces.cgroup);
    visit("user", namespaces.user);
  }

  template <typename Visit>
  static void members(Visit& visit, Security& security) {
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
  static void members(Visit& visit, NameService& names) {
    visit("extra_hosts", names.extra_hosts);
    visit("servers", names.servers);
    visit("search", names.search);
    visit("options", names.options);
  }

  template <typename Visit>
  static void members(Visit& visit, LogSettings& log) {
    visit("driver", log.driver);
    visit("options", log.options);
  }

  template <typename Visit>
  static void members(Visit& visit, MountPoint& mount) {
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
  static void members(Visit& visit, network::Wish& wish) {
    visit("network", wish.network);
    visit("aliases", wish.aliases);
    visit("ipv4", wish.ipv4);
    visit("ipv6", wish.ipv6);
    visit("mac", wish.mac);
  }

  template <typename Visit>
  static void members(Visit& visit, network::PortWish& port) {
    visit("protocol", port.protocol);
    visit("host", port.host);
    visit("first_host_port", port.first_host_port);
    visit("last_host_port", port.last_host_port);
    visit("container_port", port.container_port);
  }

  template <typename Visit>
  static void members(Visit& visit, Description& description) {
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
    visit("networks", description.networks);
    visit("ports", description.ports);
    visit("publish_all", description.publish_all);
    visit("exposed_ports", description.exposed_ports);
    visit("links", description.links);
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

  static const auto& names_of(MountKind) { return kMountKinds; }
  static const auto& names_of(MountOrigin) { return kMountOrigins; }
  static const auto& names_of(network::Protocol) { return kProtocols; }
};

}  // namespace

std::vector<std::string> Description::args() const {
  auto words = entrypoint;
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

json::object to_json_object(const Description& description) {
  return base::members_to_json<DescriptionMembers>(description);
}

Description parse_description(const json::object& object) {
  return base::members_from_json<DescriptionMembers, Description>(object);
}

}  // namespace davit::container
