#pragma once
// What a container is to be, as the OCI runtime-spec's config.json. Docker's defaults (capabilities, masked paths,
// mounts, devices) are functions that give plain values, so that namespaces, mounts and process can each be made by
// somebody else (a shared network namespace, a pod, a volume). Pure, apart from HostLimits::probe().

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/capabilities.h"
#include "runtime/devices.h"
#include "runtime/resources.h"

namespace davit::runtime {

// One entry of "mounts", in the runtime-spec's terms.
struct Mount {
  std::filesystem::path target;
  std::string type;    // "bind", "tmpfs", "proc", …
  std::string source;  // a path for a bind mount
  std::vector<std::string> options;
  bool operator==(const Mount&) const = default;
};

// A bind mount as docker's -v makes it: recursive, private.
Mount bind_mount(const std::filesystem::path& source, const std::filesystem::path& target, bool read_only);

// A namespace of its own, or (with a path) one that exists already. One that is not listed is the host's.
struct Namespace {
  std::string kind;  // "pid", "network", "ipc", "uts", "mount", "cgroup"
  std::filesystem::path path;
  bool operator==(const Namespace&) const = default;
};

// Whose network namespace: its own (or one that it joins), or the host's.
enum class NetworkMode { kOwn, kHost };

struct ResourceLimit {
  std::string name;  // "RLIMIT_NOFILE"
  std::uint64_t soft = 0, hard = 0;
  bool operator==(const ResourceLimit&) const = default;
};

struct ProcessSpec {
  std::vector<std::string> args;  // at least one
  std::vector<std::string> env;
  std::string working_dir = "/";  // the runtime makes it when it is missing
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> additional_gids;
  std::vector<std::string> capabilities;  // "CAP_CHOWN"; in effect for uid 0, a bound for others
  std::vector<ResourceLimit> limits;
  int oom_score_adj = 0;
  bool terminal = false;
  bool no_new_privileges = false;
};

struct ContainerSpec {
  std::filesystem::path rootfs;
  std::string root_propagation;  // "shared", "rslave"; empty: the runtime's own
  ProcessSpec process;
  std::string hostname;  // set only with a "uts" namespace of its own
  std::vector<Namespace> namespaces;
  std::vector<Mount> mounts;
  std::map<std::string, std::string> sysctls;
  std::vector<std::string> masked_paths, read_only_paths;
  std::string cgroup_path;  // "/PARENT/ID", as cgroupfs has it; "SLICE:davit:ID", as systemd
  bool read_only_root = false;
  Resources resources;                   // as check_resources left them
  std::vector<DeviceNode> devices;       // besides those that the runtime makes for all
  std::vector<DeviceRule> device_rules;  // over default_device_rules()
  std::map<std::string, std::string> annotations;
  std::string seccomp;   // the runtime-spec's "seccomp", as JSON; empty: no filter
  std::string apparmor;  // a profile that is loaded; empty: none
};

// What this host and our privileges allow; a container that asks for more would not start.
struct HostLimits {
  bool cgroup_v2 = false;
  std::uint64_t capabilities = ~std::uint64_t{0};    // ours, by bit number
  std::map<std::string, std::uint64_t> hard_limits;  // RLIMIT_…; no entry: no limit
  int oom_score_adj = 0;                             // ours
  bool may_lower_oom_score = true;                   // CAP_SYS_RESOURCE; with it hard limits can be raised, too
  bool has_ping_group_range = true, has_unprivileged_port_start = true;

  static HostLimits probe();
};

// Docker's defaults.
std::vector<std::string> default_masked_paths();
std::vector<std::string> default_read_only_paths();
std::vector<Mount> default_mounts(std::uint64_t shm_bytes = 64 * 1024 * 1024);
std::vector<Namespace> default_namespaces(NetworkMode network, bool cgroup_v2);
std::vector<ResourceLimit> default_limits();
std::map<std::string, std::string> default_sysctls(NetworkMode network, const HostLimits& host);

// A spec with all of the defaults; the caller adds rootfs, process, hostname, mounts of its own and cgroup path.
ContainerSpec default_spec(NetworkMode network, const HostLimits& host);

// config.json for the spec, within the host's limits: resource limits are cut to the hard limit, capabilities that we
// do not have are left out, and so is an OOM score that we may not set. Throws Error(kInvalidArgument) when there are
// no args.
std::string to_oci_json(const ContainerSpec& spec, const HostLimits& host);

}  // namespace davit::runtime
