#pragma once
// What docker checks of a container's resources when it is created or updated, in docker's words.

#include <string>
#include <vector>

#include "runtime/cgroup.h"
#include "runtime/resources.h"

namespace davit::runtime {

// What the kernel's control groups can limit here, and the machine's CPUs and memory nodes.
struct HostResources {
  bool memory = true, swap = true, swappiness = true, reservation = true, oom_kill_disable = true;
  bool cpu_shares = true, cpu_quota = true, cpu_realtime = true, cpuset = true, pids = true;
  bool blkio_weight = true, blkio_weight_device = true;
  bool read_bps = true, write_bps = true, read_iops = true, write_iops = true;
  unsigned cpus = 1;
  std::string cpuset_cpus, cpuset_mems;  // "0-3"; empty: not known

  // About twenty looks at files.
  static HostResources probe(const Cgroups& cgroups);
};

struct CheckedResources {
  Resources resources;                // without what this kernel cannot do and docker drops
  std::vector<std::string> warnings;  // a sentence for each, as docker's daemon has them: without "WARNING: "
};

enum class ResourceUse { kCreate, kUpdate };

// Throws Error(kInvalidArgument) with
// docker's words. At creation swap that was not asked for becomes twice the memory.
CheckedResources check_resources(const Resources& wanted, const HostResources& host,
                                 ResourceUse use = ResourceUse::kCreate);
// The same for this machine, whose control groups are looked at only where something is asked for.
CheckedResources check_resources(const Resources& wanted, ResourceUse use = ResourceUse::kCreate);

// What a container has after an update: `change`, checked, over `current`. Throws Error(kConflict) with docker's words
// where the two exclude each other.
Resources merge_resources(const Resources& current, const Resources& change);

}  // namespace davit::runtime
