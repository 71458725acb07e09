#include "runtime/check_resources.h"

#include <functional>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"

namespace davit::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kMiB = 1024 * 1024;

HostResources two_cpus() { return {.cpus = 2, .cpuset_cpus = "0-1", .cpuset_mems = "0"}; }

std::string refusal(const Resources& wanted, ResourceUse use = ResourceUse::kCreate) {
  try {
    check_resources(wanted, two_cpus(), use);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(CheckResources, RefusesInDockersWords) {
  struct Row {
    Resources wanted;
    const char* message;
  };
  for (const auto& row : {
           Row{{.memory = kMiB}, "Minimum memory limit allowed is 6MB"},
           Row{{.memory = 64 * kMiB, .memory_swap = 32 * kMiB},
               "Minimum memoryswap limit should be larger than memory limit, see usage"},
           Row{{.memory_swap = 32 * kMiB},
               "You should always set the Memory limit when using Memoryswap limit, see usage"},
           Row{{.memory_swappiness = 101}, "Invalid value: 101, valid memory swappiness range is 0-100"},
           Row{{.memory_reservation = kMiB}, "Minimum memory reservation allowed is 6MB"},
           Row{{.memory = 64 * kMiB, .memory_reservation = 100 * kMiB},
               "Minimum memory limit can not be less than memory reservation limit, see usage"},
           Row{{.nano_cpus = 1'000'000'000, .cpu_period = 10000},
               "Conflicting options: Nano CPUs and CPU Period cannot both be set"},
           Row{{.nano_cpus = 1'000'000'000, .cpu_quota = 10000},
               "Conflicting options: Nano CPUs and CPU Quota cannot both be set"},
           Row{{.nano_cpus = 64'000'000'000}, "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"},
           Row{{.cpu_period = 10},
               "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"},
           Row{{.cpu_quota = 10}, "CPU cfs quota can not be less than 1ms (i.e. 1000)"},
           Row{{.cpu_rt_period = 1000, .cpu_rt_runtime = 2000},
               "cpu real-time runtime cannot be higher than cpu real-time period"},
           Row{{.nano_cpus = 1'000'000}, "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"},
           Row{{.cpu_shares = -1}, "Invalid value -1: CPU shares are from 2 to 262144, or 0 for the default"},
           Row{{.cpu_shares = 1}, "Invalid value 1: CPU shares are from 2 to 262144, or 0 for the default"},
           Row{{.cpu_shares = 262'145}, "Invalid value 262145: CPU shares are from 2 to 262144, or 0 for the default"},
           Row{{.cpuset_cpus = "1-0"}, "Invalid value 1-0 for cpuset cpus: invalid format: 1-0"},
           Row{{.cpuset_cpus = "0-9"}, "Requested CPUs are not available - requested 0-9, available: 0-1"},
           Row{{.cpuset_cpus = "a"}, "Invalid value a for cpuset cpus: invalid format: a"},
           Row{{.cpuset_cpus = "1,"}, "Invalid value 1, for cpuset cpus: invalid format: 1,"},
           Row{{.cpuset_mems = "3"}, "Requested memory nodes are not available - requested 3, available: 0"},
           Row{{.blkio_weight = 5}, "Range of blkio weight is from 10 to 1000"},
       }) {
    EXPECT_EQ(refusal(row.wanted), row.message);
  }
}

TEST(CheckResources, SwapIsTwiceTheMemoryUnlessAskedFor) {
  EXPECT_EQ(check_resources({.memory = 64 * kMiB}, two_cpus()).resources.memory_swap, 128 * kMiB);
  EXPECT_EQ(check_resources({.memory = 64 * kMiB, .memory_swap = -1}, two_cpus()).resources.memory_swap, -1);
  EXPECT_EQ(check_resources({.memory = 64 * kMiB}, two_cpus(), ResourceUse::kUpdate).resources.memory_swap, 0);
}

TEST(CheckResources, SwapAloneMayBeUpdated) {
  EXPECT_EQ(refusal({.memory_swap = 32 * kMiB}, ResourceUse::kUpdate), "accepted");
}

TEST(CheckResources, WarnsOfAnOomKillerThatIsOffWithoutALimit) {
  EXPECT_THAT(
      check_resources({.oom_kill_disable = true}, two_cpus()).warnings,
      ElementsAre("OOM killer is disabled for the container, but no memory limit is set, this can result in the "
                  "system running out of resources."));
  EXPECT_THAT(check_resources({.memory = 64 * kMiB, .oom_kill_disable = true}, two_cpus()).warnings, IsEmpty());
}

TEST(CheckResources, WhatTheKernelCannotDoIsDroppedWithDockersWarning) {
  const auto bare = HostResources::probe(Cgroups(std::vector<CgroupHierarchy>()));
  const auto checked = check_resources({.memory = 64 * kMiB,
                                        .memory_reservation = 32 * kMiB,
                                        .memory_swappiness = 5,
                                        .oom_kill_disable = true,
                                        .cpu_shares = 5,
                                        .cpu_quota = 5000,
                                        .cpuset_cpus = "0",
                                        .pids_limit = 5,
                                        .blkio_weight = 500,
                                        .blkio_weight_devices = {{"/dev/null", 5}},
                                        .read_bps = {{"/dev/null", 5}},
                                        .write_bps = {{"/dev/null", 5}},
                                        .read_iops = {{"/dev/null", 5}},
                                        .write_iops = {{"/dev/null", 5}}},
                                       bare);
  EXPECT_EQ(checked.resources, (Resources{.memory_swap = -1}));
  EXPECT_EQ(checked.warnings.size(), 14U);
  EXPECT_THAT(checked.warnings, ::testing::Contains("Your kernel does not support Block I/O weight or the cgroup is "
                                                    "not mounted. Weight discarded."));
}

TEST(CheckResources, WithoutSwapAccountingMemoryIsLimitedAlone) {
  auto host = two_cpus();
  host.swap = false;
  const auto checked = check_resources({.memory = 64 * kMiB}, host);
  EXPECT_EQ(checked.resources.memory_swap, -1);
  EXPECT_THAT(checked.warnings, ElementsAre(HasSubstr("Memory limited without swap.")));
}

TEST(CheckResources, WhatCannotBeDroppedIsRefused) {
  auto host = two_cpus();
  host.cpu_quota = host.cpu_realtime = false;
  EXPECT_THROW(check_resources({.nano_cpus = 1'000'000'000}, host), base::Error);
  EXPECT_THROW(check_resources({.cpu_rt_runtime = 1000}, host), base::Error);
}

TEST(CheckResources, NothingAskedForIsNothing) {
  const auto checked = check_resources({});
  EXPECT_EQ(checked.resources, Resources());
  EXPECT_THAT(checked.warnings, IsEmpty());
}

TEST(MergeResources, ChangeWinsAndTheRestStays) {
  const Resources current{.memory = 64 * kMiB, .memory_swap = 128 * kMiB, .cpu_shares = 5};
  EXPECT_EQ(merge_resources(current, {.memory = 100 * kMiB, .pids_limit = 9}),
            (Resources{.memory = 100 * kMiB, .memory_swap = 128 * kMiB, .cpu_shares = 5, .pids_limit = 9}));
}

TEST(MergeResources, ConflictsAreToldInDockersWords) {
  const auto message = [](const Resources& current, const Resources& change) -> std::string {
    try {
      merge_resources(current, change);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "accepted";
  };
  EXPECT_EQ(message({.memory = 64 * kMiB, .memory_swap = 128 * kMiB}, {.memory = 300 * kMiB}),
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");
  EXPECT_EQ(message({.nano_cpus = 1}, {.cpu_period = 5000}),
            "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set");
  EXPECT_EQ(message({.nano_cpus = 1}, {.cpu_quota = 5000}),
            "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set");
  EXPECT_EQ(message({.cpu_quota = 5000}, {.nano_cpus = 1}),
            "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set");
  EXPECT_EQ(message({.cpu_period = 5000}, {.nano_cpus = 1}),
            "Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set");
}

TEST(HostResourcesProbe, OfAMadeUpV1Tree) {
  namespace fs = base::fs;
  const fs::TemporaryDirectory folder(::testing::TempDir());
  std::vector<CgroupHierarchy> hierarchies;
  for (const char* name : {"memory", "cpu", "cpuset", "blkio", "pids"}) {
    fs::make_directory(folder.path() / name);
    hierarchies.push_back({folder.path() / name, false, {name}, true});
  }
  for (const char* file : {"memory/memory.soft_limit_in_bytes", "memory/memory.oom_control", "cpu/cpu.shares",
                           "cpu/cpu.cfs_quota_us", "blkio/blkio.throttle.read_bps_device"}) {
    fs::write_file(folder.path() / file, "0\n");
  }
  fs::write_file(folder.path() / "cpuset/cpuset.cpus", "0-7\n");
  const auto host = HostResources::probe(Cgroups(hierarchies));
  EXPECT_TRUE(host.memory && host.reservation && host.oom_kill_disable && host.cpu_shares && host.cpu_quota &&
              host.cpuset && host.pids && host.read_bps);
  EXPECT_FALSE(host.swap || host.swappiness || host.cpu_realtime || host.blkio_weight || host.write_iops);
  EXPECT_EQ(host.cpuset_cpus, "0-7");
}

TEST(HostResourcesProbe, OfAMadeUpV2Tree) {
  namespace fs = base::fs;
  const fs::TemporaryDirectory folder(::testing::TempDir());
  fs::write_file(folder.path() / "cgroup.controllers", "cpuset cpu io memory pids\n");
  fs::write_file(folder.path() / "cpuset.cpus.effective", "0-3\n");
  const auto host = HostResources::probe(Cgroups({{folder.path(), true, {}, true}}));
  EXPECT_TRUE(host.memory && host.reservation && host.cpu_shares && host.cpu_quota && host.cpuset && host.pids &&
              host.blkio_weight && host.write_iops);
  EXPECT_FALSE(host.oom_kill_disable || host.swappiness || host.cpu_realtime);
  EXPECT_EQ(host.cpuset_cpus, "0-3");
}

}  // namespace
}  // namespace davit::runtime
