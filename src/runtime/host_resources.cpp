#include <algorithm>

#include <unistd.h>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "runtime/check_resources.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;

// A controller's root folder; what it has tells what it can do.
class Controller {
 public:
  Controller(const Cgroups& cgroups, std::string_view name) : found_(cgroups.find("/", name)) {}
  bool v1() const { return found_ && !found_->v2; }
  bool has(const char* file) const { return v1() && fs::exists(found_->folder / file); }
  std::string text(const char* file) const {
    if (!found_) return {};
    return std::string(base::trim(fs::read_file_if_exists(found_->folder / file).value_or("")));
  }

 private:
  std::optional<Cgroups::Found> found_;
};

void probe_v1(const Cgroups& cgroups, HostResources& host) {
  const Controller memory(cgroups, "memory"), cpu(cgroups, "cpu"), cpuset(cgroups, "cpuset"), blkio(cgroups, "blkio");
  if (memory.v1()) {
    host.memory = true;
    host.swap = memory.has("memory.memsw.limit_in_bytes");
    host.swappiness = memory.has("memory.swappiness");
    host.reservation = memory.has("memory.soft_limit_in_bytes");
    host.oom_kill_disable = memory.has("memory.oom_control");
  }
  if (cpu.v1()) {
    host.cpu_shares = cpu.has("cpu.shares");
    host.cpu_quota = cpu.has("cpu.cfs_quota_us");
    host.cpu_realtime = cpu.has("cpu.rt_runtime_us");
  }
  if (cpuset.v1()) {
    host.cpuset = true;
    host.cpuset_cpus = cpuset.text("cpuset.cpus");
    host.cpuset_mems = cpuset.text("cpuset.mems");
  }
  if (Controller(cgroups, "pids").v1()) host.pids = true;
  if (blkio.v1()) {
    host.blkio_weight = blkio.has("blkio.weight");
    host.blkio_weight_device = blkio.has("blkio.weight_device");
    host.read_bps = blkio.has("blkio.throttle.read_bps_device");
    host.write_bps = blkio.has("blkio.throttle.write_bps_device");
    host.read_iops = blkio.has("blkio.throttle.read_iops_device");
    host.write_iops = blkio.has("blkio.throttle.write_iops_device");
  }
}

// v2's root says only which controllers there are; swap is asked of a group below, and no group has an OOM killer that
// could be turned off, or a swappiness.
void probe_v2(const Cgroups& cgroups, HostResources& host) {
  const auto root = cgroups.v2_root();
  if (root.empty()) return;
  const auto text = std::string(base::trim(fs::read_file_if_exists(root / "cgroup.controllers").value_or("")));
  const auto controllers = base::split(text, ' ');
  const auto has = [&](const char* name) {
    return std::find(controllers.begin(), controllers.end(), name) != controllers.end();
  };
  const auto file = [&](const char* name) {
    return std::string(base::trim(fs::read_file_if_exists(root / name).value_or("")));
  };
  if (has("memory")) {
    host.memory = host.reservation = true;
    host.swap = fs::exists("/proc/swaps");
  }
  if (has("cpu")) host.cpu_shares = host.cpu_quota = true;
  if (has("cpuset")) {
    host.cpuset = true;
    host.cpuset_cpus = file("cpuset.cpus.effective");
    host.cpuset_mems = file("cpuset.mems.effective");
  }
  if (has("pids")) host.pids = true;
  if (has("io")) {
    host.blkio_weight = host.blkio_weight_device = true;
    host.read_bps = host.write_bps = host.read_iops = host.write_iops = true;
  }
}

}  // namespace

HostResources HostResources::probe(const Cgroups& cgroups) {
  HostResources host = {
      .memory = false,
      .swap = false,
      .swappiness = false,
      .reservation = false,
      .oom_kill_disable = false,
      .cpu_shares = false,
      .cpu_quota = false,
      .cpu_realtime = false,
      .cpuset = false,
      .pids = false,
      .blkio_weight = false,
      .blkio_weight_device = false,
      .read_bps = false,
      .write_bps = false,
      .read_iops = false,
      .write_iops = false,
  };
  probe_v2(cgroups, host);
  probe_v1(cgroups, host);
  host.cpus = static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  return host;
}

}  // namespace davit::runtime
