// What the kernel is told of a container, seen from inside.

#include <csignal>

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/strings.h"
#include "container/check_host.h"
#include "container/held_container.h"
#include "container/run_testing.h"

namespace davit::container {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const base::Error& error) {
    return error.message();
  }
  return "no error";
}

constexpr std::int64_t kMiB = 1024 * 1024;

// Tests ask the container's own view of its control groups, /sys/fs/cgroup.
TEST_F(RunTest, LimitsReachItsControlGroup) {
  auto wanted = shell(
      "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes "
      "memory/memory.soft_limit_in_bytes memory/memory.swappiness cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us "
      "cpu/cpu.shares cpuset/cpuset.cpus pids/pids.max; cat /proc/self/oom_score_adj; ulimit -n; ulimit -Hn");
  wanted.resources = {.memory = 64 * kMiB,
                      .memory_reservation = 32 * kMiB,
                      .memory_swappiness = 10,
                      .nano_cpus = 500'000'000,
                      .cpu_shares = 512,
                      .cpuset_cpus = "0",
                      .pids_limit = 50};
  wanted.oom_score_adj = 500;
  wanted.limits = {{"RLIMIT_NOFILE", 100, 200}};
  EXPECT_EQ(run(wanted).out, "67108864\n134217728\n33554432\n10\n50000\n100000\n512\n0\n50\n500\n100\n200\n");
}

TEST_F(RunTest, WithoutLimitsThereAreNone) {
  EXPECT_EQ(run(shell("cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us")).out, "max\n-1\n");
}

TEST_F(RunTest, OomKillIsTold) {
  auto wanted = shell("head -c 100000000 /dev/zero | tail -c 100000000 >/dev/null; exit 5");
  wanted.resources.memory = 16 * kMiB;
  const auto id = store_->create(wanted).id();
  attach(id);
  EXPECT_TRUE(store_->get(id).state.oom_killed);
  const auto other = store_->create(shell("exit 0")).id();
  attach(other);
  EXPECT_FALSE(store_->get(other).state.oom_killed);
}

// Where davit has CAP_SYS_RESOURCE nothing is refused: then there is nothing to see.
TEST_F(RunTest, WhatThisHostCannotDoIsRefusedNamingFlagAndCause) {
  const auto host = runtime::HostLimits::probe();
  auto wanted = shell("true");
  wanted.limits = {{"RLIMIT_NOFILE", 1'000'000, UINT64_MAX}};
  auto scored = shell("true");
  scored.oom_score_adj = host.oom_score_adj - 500;
  auto capable = shell("true");
  capable.security.cap_add = {"sys_resource"};
  if (host.may_lower_oom_score) {
    for (const auto& each : {wanted, scored, capable}) EXPECT_EQ(run(each).exit_code, 0);
    return;
  }
  EXPECT_EQ(message_of([&] { store_->create(wanted); }),
            "--ulimit nofile=1000000:unlimited: davit's own hard limit is " +
                std::to_string(host.hard_limits.at("RLIMIT_NOFILE")) + ", and it lacks CAP_SYS_RESOURCE to raise it");
  EXPECT_EQ(message_of([&] { store_->create(scored); }),
            "--oom-score-adj -500: davit's own is 0, and it lacks CAP_SYS_RESOURCE to go below");
  EXPECT_EQ(message_of([&] { store_->create(capable); }),
            "--cap-add CAP_SYS_RESOURCE: davit does not have this capability here itself");
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(RunTest, ResourcesAreCheckedAtItsCreation) {
  auto wanted = shell("true");
  wanted.resources.memory = kMiB;
  EXPECT_EQ(message_of([&] { store_->create(wanted); }), "Minimum memory limit allowed is 6MB");
  wanted.resources = {.oom_kill_disable = true};
  std::vector<std::string> warnings;
  store_->create(wanted, &warnings);
  EXPECT_THAT(warnings, ElementsAre(StartsWith("OOM killer is disabled for the container")));
}

TEST_F(RunTest, PausedProcessesWaitAndAreCounted) {
  const auto id = store_->create(shell("sleep 600 & sleep 600")).id();
  store_->start(id);
  {
    auto held = store_->hold(id);
    auto runtime = held.runtime();
    EXPECT_TRUE(eventually([&] { return runtime.processes(held.bundle()).size() == 2; }));
    EXPECT_EQ(runtime.processes(held.bundle()).front(), held.state().init->pid);
    const auto usage = runtime.usage(held.bundle(), held.state().init->pid);
    EXPECT_EQ(usage.processes, 2U);
    EXPECT_GT(usage.memory, 0U);
    EXPECT_GT(usage.cpu_ns, 0U);
    EXPECT_TRUE(usage.networks.empty());

    runtime.update(held.bundle(), {.memory = 64 * kMiB, .memory_swap = 128 * kMiB, .pids_limit = 7});
    EXPECT_EQ(runtime.usage(held.bundle(), 0).memory_limit, 64U * kMiB);
    EXPECT_EQ(runtime.usage(held.bundle(), 0).processes_limit, 7U);
    runtime.update(held.bundle(), {.pids_limit = -1});
    EXPECT_EQ(runtime.usage(held.bundle(), 0).processes_limit, 0U);

    const auto frozen = [&] {
      const auto found = runtime::Cgroups().find(runtime.cgroup_path(id), "freezer");
      return std::string(base::trim(base::fs::read_file(found->folder / "freezer.state")));
    };
    runtime.pause(held.bundle());
    EXPECT_EQ(frozen(), "FROZEN");
    runtime.resume(held.bundle());
    EXPECT_EQ(frozen(), "THAWED");
    EXPECT_THAT(message_of([&] { runtime.update(held.bundle(), {.cpuset_cpus = "999"}); }),
                StartsWith("Cannot update container " + id + ": OCI runtime update failed: "));
  }
  store_->remove(id, true);
}

TEST_F(RunTest, DevicesAreThoseAskedFor) {
  auto wanted = shell(
      "stat -c '%n %t:%T %a' /dev/here; head -c 1 /dev/here >/dev/null && echo read; (echo x >/dev/here) 2>/dev/null "
      "|| "
      "echo not written; cat /sys/fs/cgroup/devices/devices.list | grep '^b 7:'");
  wanted.devices = {{"/dev/zero", "/dev/here", "r"}};
  wanted.device_rules = {"b 7:* rm"};
  EXPECT_THAT(run(wanted).out, AllOf(StartsWith("/dev/here 1:5 666\nread\n"), HasSubstr("b 7:* rm\n")));
  wanted.devices = {{"/dev/nosuch", "/dev/here"}};
  EXPECT_EQ(message_of([&] { run(wanted); }),
            "error gathering device information while adding custom device \"/dev/nosuch\": no such file or directory");
}

TEST_F(RunTest, CapabilitiesAreThoseAskedFor) {
  const std::string show = "grep CapEff /proc/self/status";
  auto wanted = shell(show);
  wanted.security.cap_add = {"net_admin"};
  wanted.security.cap_drop = {"NET_RAW"};
  EXPECT_EQ(run(wanted).out, "CapEff:\t00000000a80415fb\n");
  wanted.security.cap_drop = {"ALL"};
  EXPECT_EQ(run(wanted).out, "CapEff:\t0000000000001000\n");
  wanted.security.cap_add = {"nosuch"};
  EXPECT_EQ(message_of([&] { store_->create(wanted); }), "invalid CapAdd: unknown capability: \"CAP_NOSUCH\"");
}

TEST_F(RunTest, DefaultProfileRefusesAndUnconfinedDoesNot) {
  const std::string script =
      "mount -t tmpfs t /tmp 2>/dev/null && echo mounted; grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status";
  auto wanted = shell(script);
  EXPECT_EQ(run(wanted).out, "NoNewPrivs:\t0\nSeccomp:\t2\n");
  wanted.security.seccomp = "unconfined";
  wanted.security.no_new_privileges = true;
  EXPECT_EQ(run(wanted).out, "NoNewPrivs:\t1\nSeccomp:\t0\n");
  wanted.security = {.cap_add = {"SYS_ADMIN"}};
  EXPECT_EQ(run(wanted).out, "mounted\nNoNewPrivs:\t0\nSeccomp:\t2\n");
  wanted.security = {.seccomp = R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
      {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]})"};
  wanted.command = {"sh", "-c", "kill -0 $$ 2>/dev/null || echo refused; grep Seccomp: /proc/self/status"};
  EXPECT_EQ(run(wanted).out, "refused\nSeccomp:\t2\n");
}

TEST_F(RunTest, PrivilegedHasTheHostsDevicesAndNothingMasked) {
  auto wanted = shell(
      "grep Seccomp: /proc/self/status; cat /sys/fs/cgroup/devices/devices.list; stat -c %F /dev/loop-control; mount | "
      "grep -cE ' on (/proc/|/sys/firmware)'; mount | grep ' /sys ' | grep -c '(rw'; mount -t tmpfs t /tmp && echo ok");
  wanted.security.privileged = true;
  EXPECT_EQ(run(wanted).out, "Seccomp:\t0\na *:* rwm\ncharacter special file\n0\n1\nok\n");
}

TEST_F(RunTest, PathsAreMaskedUnlessAskedFor) {
  auto wanted = shell("head -c 1 /proc/kcore | wc -c; (echo x >/proc/sys/kernel/msgmax) 2>/dev/null || echo read-only");
  EXPECT_EQ(run(wanted).out, "0\nread-only\n");
  wanted.security.unmasked_paths = true;
  wanted.command.back() = "mount | grep -c ' on /proc/'";
  EXPECT_EQ(run(wanted).out, "0\n");
}

TEST_F(RunTest, RootIsReadOnlyWhereAskedFor) {
  auto wanted =
      shell("touch /x 2>/dev/null || echo no; touch /etc/hosts 2>/dev/null || echo no; touch /dev/shm/x && echo yes");
  wanted.read_only_root = true;
  EXPECT_EQ(run(wanted).out, "no\nno\nyes\n");
}

TEST_F(RunTest, SysctlsGroupsAndSharedMemorySize) {
  auto wanted = shell("cat /proc/sys/kernel/msgmax /proc/sys/kernel/domainname; id -G; stat -f -c '%b %S' /dev/shm");
  wanted.sysctls = {{"kernel.msgmax", "100"}};
  wanted.domainname = "example.org";
  wanted.additional_groups = {"1234", "extra"};
  wanted.shm_size = kMiB;
  EXPECT_EQ(run(wanted).out, "100\nexample.org\n0 10 1002 1234\n256 4096\n");
  wanted.additional_groups = {"nosuch"};
  EXPECT_EQ(message_of([&] { run(wanted); }), "Unable to find group nosuch: no matching entries in group file");
}

TEST_F(RunTest, InitRunsTheProgram) {
  auto wanted = shell("cat /proc/1/cmdline | head -c 17; grep PPid /proc/self/status");
  wanted.init = true;
  EXPECT_EQ(run(wanted).out,
            "/sbin/docker-init"
            "PPid:\t1\n");
}

std::string inode(const char* kind, const std::string& of = "self") {
  return std::to_string(base::fs::File::open("/proc/" + of + "/ns/" + kind).status().st_ino);
}

TEST_F(RunTest, NamespacesCanBeTheHosts) {
  auto wanted =
      shell("cd /proc/self/ns; for n in ipc pid uts; do stat -L -c %i $n; done; hostname; stat -c %d /dev/shm");
  wanted.namespaces = {.ipc = "host", .pid = "host", .uts = "host"};
  const auto expected = inode("ipc") + "\n" + inode("pid") + "\n" + inode("uts") + "\n";
  EXPECT_THAT(run(wanted).out, StartsWith(expected));
  wanted.namespaces = {.ipc = "private", .cgroup = "private"};
  wanted.command.back() = "stat -L -c %i /proc/self/ns/ipc; cat /proc/self/cgroup | grep memory";
  EXPECT_THAT(run(wanted).out, AllOf(Not(HasSubstr(inode("ipc"))), HasSubstr("memory:/\n")));
  wanted.namespaces = {.ipc = "none"};
  wanted.command.back() = "ls -d /dev/shm 2>/dev/null || echo none";
  EXPECT_EQ(run(wanted).out, "none\n");
}

TEST_F(RunTest, NamespacesOfAnotherContainerAreJoined) {
  auto wanted = shell("echo data >/dev/shm/file; touch /ready; sleep 600");
  wanted.namespaces.ipc = "shareable";
  const auto donor = store_->create(wanted).id();
  auto guest = shell("cat /dev/shm/file; cd /proc/self/ns; stat -L -c %i ipc pid; kill -0 1 && echo together");
  guest.namespaces = {.ipc = "container:" + donor, .pid = "container:" + donor};
  EXPECT_EQ(message_of([&] { run(guest); }),
            "can't join IPC of container " + donor + ": container " + donor + " is not running");
  guest.namespaces.ipc.clear();
  EXPECT_EQ(message_of([&] { run(guest); }), "container " + donor + " is not running");

  store_->start(donor);
  while (!base::fs::exists(folder_.path() / "root/containers" / donor / "upper/ready")) ::usleep(1000);
  guest.namespaces.ipc = "container:" + donor;
  const auto init = std::to_string(store_->get(donor).state.init->pid);
  EXPECT_EQ(run(guest).out, "data\n" + inode("ipc", init) + "\n" + inode("pid", init) + "\ntogether\n");
  store_->remove(donor, true);

  const auto closed = store_->create(shell("sleep 600")).id();
  store_->start(closed);
  guest.namespaces = {.ipc = "container:" + closed};
  EXPECT_EQ(message_of([&] { run(guest); }),
            "can't join IPC of container " + closed +
                ": non-shareable IPC (hint: use IpcMode:shareable for the donor container)");
  guest.namespaces = {.pid = "container:nosuch"};
  EXPECT_EQ(message_of([&] { run(guest); }), "No such container: nosuch");
  for (const auto& container : store_->list()) store_->remove(container.id(), true);
  EXPECT_THAT(remains(), IsEmpty());
}

TEST_F(RunTest, RuntimeCanBeNamed) {
  auto wanted = shell("true");
  wanted.runtime = "nosuch";
  EXPECT_EQ(message_of([&] { store_->create(wanted); }), "Unknown runtime specified nosuch");
  wanted.runtime = store_->runtime_choice().name;
  const auto id = store_->create(wanted).id();
  EXPECT_EQ(attach(id).exit_code, 0);
  EXPECT_EQ(store_->get(id).state.runtime_name, wanted.runtime);
}

}  // namespace
}  // namespace davit::container
