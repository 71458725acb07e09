// Docker's defaults as data.

#include <array>
#include <charconv>

#include <linux/capability.h>
#include <sys/resource.h>

#include "base/fs/file.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "runtime/spec.h"

namespace davit::runtime {

namespace {

struct LimitRow {
  const char* name;
  int resource;
};
constexpr std::array kLimits = {
    LimitRow{"RLIMIT_NOFILE", RLIMIT_NOFILE}, LimitRow{"RLIMIT_NPROC", RLIMIT_NPROC},
    LimitRow{"RLIMIT_CORE", RLIMIT_CORE},     LimitRow{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    LimitRow{"RLIMIT_STACK", RLIMIT_STACK},   LimitRow{"RLIMIT_FSIZE", RLIMIT_FSIZE},
};

std::uint64_t effective_capabilities() {
  for (const auto& line : base::split(base::fs::read_file("/proc/self/status"), '\n')) {
    if (!line.starts_with("CapEff:")) continue;
    const auto digits = base::trim(std::string_view(line).substr(7));
    std::uint64_t bits = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
    return bits;
  }
  return 0;
}

}  // namespace

HostLimits HostLimits::probe() {
  HostLimits host;
  host.cgroup_v2 = base::fs::is_directory("/sys/fs/cgroup") && base::fs::filesystem_type("/sys/fs/cgroup") == "cgroup2";
  host.capabilities = effective_capabilities();
  host.may_lower_oom_score = (host.capabilities >> CAP_SYS_RESOURCE & 1) != 0;
  if (!host.may_lower_oom_score) {  // with it, hard limits can be raised
    for (const auto& row : kLimits) {
      struct rlimit limit {};
      if (::getrlimit(static_cast<__rlimit_resource_t>(row.resource), &limit) == 0 && limit.rlim_max != RLIM_INFINITY) {
        host.hard_limits[row.name] = limit.rlim_max;
      }
    }
  }
  const std::string own(base::trim(base::fs::read_file("/proc/self/oom_score_adj")));
  std::from_chars(own.data(), own.data() + own.size(), host.oom_score_adj);
  host.has_ping_group_range = base::fs::exists("/proc/sys/net/ipv4/ping_group_range");
  host.has_unprivileged_port_start = base::fs::exists("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  return host;
}

std::vector<std::string> default_masked_paths() {
  return {"/proc/asound",
          "/proc/acpi",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap"};
}

std::vector<std::string> default_read_only_paths() {
  return {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
}

std::vector<Mount> default_mounts(std::uint64_t shm_bytes) {
  return {
      {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
      {"/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
      {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
      {"/sys/fs/cgroup", "cgroup", "cgroup", {"ro", "nosuid", "noexec", "nodev"}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
      {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=" + std::to_string(shm_bytes)}},
  };
}

std::vector<Namespace> default_namespaces(NetworkMode network, bool cgroup_v2) {
  std::vector<Namespace> namespaces = {{"mount", {}}, {"uts", {}}, {"pid", {}}, {"ipc", {}}};
  if (network != NetworkMode::kHost) namespaces.push_back({"network", {}});
  if (cgroup_v2) namespaces.push_back({"cgroup", {}});  // docker's default: private with v2, the host's with v1
  return namespaces;
}

// What docker's service file gives its containers; without it they would get whatever the shell that called us has.
std::vector<ResourceLimit> default_limits() { return {{"RLIMIT_NOFILE", 1048576, 1048576}}; }

std::map<std::string, std::string> default_sysctls(NetworkMode network, const HostLimits& host) {
  std::map<std::string, std::string> sysctls;
  if (network == NetworkMode::kHost) return sysctls;
  if (host.has_unprivileged_port_start) sysctls["net.ipv4.ip_unprivileged_port_start"] = "0";
  if (host.has_ping_group_range) sysctls["net.ipv4.ping_group_range"] = "0 2147483647";
  return sysctls;
}

ContainerSpec default_spec(NetworkMode network, const HostLimits& host) {
  ContainerSpec spec;
  spec.process.capabilities = default_capabilities();
  spec.process.limits = default_limits();
  spec.namespaces = default_namespaces(network, host.cgroup_v2);
  spec.mounts = default_mounts();
  spec.sysctls = default_sysctls(network, host);
  spec.masked_paths = default_masked_paths();
  spec.read_only_paths = default_read_only_paths();
  return spec;
}

}  // namespace davit::runtime
