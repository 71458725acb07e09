#include "runtime/cgroup.h"

#include <gtest/gtest.h>

#include "base/fs/file.h"
#include "base/fs/paths.h"

namespace davit::runtime {
namespace {

namespace fs = base::fs;

TEST(CgroupHierarchies, OfAHybridHost) {
  const auto found = parse_cgroup_hierarchies(
      "25 24 0:22 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
      "26 25 0:23 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
      "27 25 0:24 / /sys/fs/cgroup/memory rw,relatime shared:3 - cgroup cgroup rw,memory\n"
      "28 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "29 25 0:26 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/x,name=systemd\n"
      "30 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
      "9:name=systemd:/user\n4:memory:/job/1\n3:cpuset:/\n2:cpu,cpuacct:/a\n0::/\n");
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0], (CgroupHierarchy{"/sys/fs/cgroup/cpuset", false, {"cpuset"}, true}));
  EXPECT_EQ(found[1], (CgroupHierarchy{"/sys/fs/cgroup/memory", false, {"memory"}, false}));
  EXPECT_EQ(found[2], (CgroupHierarchy{"/sys/fs/cgroup/cpu,cpuacct", false, {"cpu", "cpuacct"}, false}));
  EXPECT_EQ(found[3], (CgroupHierarchy{"/sys/fs/cgroup/systemd", false, {"name=systemd"}, false}));
  EXPECT_EQ(found[4], (CgroupHierarchy{"/sys/fs/cgroup/unified", true, {}, true}));
}

TEST(CgroupHierarchies, OfAUnifiedHost) {
  const auto found = parse_cgroup_hierarchies("31 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
                                              "0::/user.slice/user-0.slice/session-1.scope\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], (CgroupHierarchy{"/sys/fs/cgroup", true, {}, false}));
}

TEST(CgroupHierarchies, WhatAnotherFileSystemCoversIsNone) {
  const auto found = parse_cgroup_hierarchies(
      "29 25 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
      "30 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
      "31 30 0:28 / /sys/fs/cgroup/unified rw - tmpfs none rw\n",
      "3:pids:/\n0::/\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].mount, "/sys/fs/cgroup/pids");
}

// A made-up tree of plain folders: what the kernel would fill in is written by the test.
class CgroupTree : public ::testing::Test {
 protected:
  CgroupTree() : folder_(::testing::TempDir()) {}
  std::filesystem::path make(const std::string& relative) {
    fs::make_directories(folder_.path() / relative);
    return folder_.path() / relative;
  }
  fs::TemporaryDirectory folder_;
};

TEST_F(CgroupTree, ProcessLeavesTheCallersGroupWhereThatIsNotTheRoot) {
  const auto memory = make("memory"), pids = make("pids");
  make("memory/davit-1/conmon");
  fs::write_file(memory / "davit-1/conmon/cgroup.procs", "");
  Cgroups({{memory, false, {"memory"}, false}, {pids, false, {"pids"}, true}}).adopt(4711, "/davit-1/conmon");
  EXPECT_EQ(fs::read_file(memory / "davit-1/conmon/cgroup.procs"), "4711");
  EXPECT_FALSE(fs::exists(pids / "davit-1"));
}

TEST_F(CgroupTree, NewCpusetGroupsGetTheirParentsCpus) {
  const auto cpuset = make("cpuset");
  for (const auto& group : {cpuset, make("cpuset/davit-1"), make("cpuset/davit-1/conmon")}) {
    for (const char* name : {"cpuset.cpus", "cpuset.mems", "cgroup.procs"}) fs::write_file(group / name, "\n");
  }
  fs::write_file(cpuset / "cpuset.cpus", "0-3\n");
  fs::write_file(cpuset / "cpuset.mems", "0\n");
  Cgroups({{cpuset, false, {"cpuset"}, false}}).adopt(4711, "/davit-1/conmon");
  EXPECT_TRUE(fs::read_file(cpuset / "davit-1/conmon/cpuset.cpus").starts_with("0-3"));
  EXPECT_TRUE(fs::read_file(cpuset / "davit-1/conmon/cpuset.mems").starts_with("0"));
}

TEST_F(CgroupTree, HierarchyThatRefusesIsNoError) {
  const auto memory = make("memory");  // its groups get no cgroup.procs: the write fails
  EXPECT_NO_THROW(Cgroups({{memory, false, {"memory"}, false}}).adopt(4711, "/davit-1/conmon"));
}

TEST_F(CgroupTree, ProcessesOfAllHierarchiesCountOnce) {
  const auto one = make("one/davit-1/c1"), two = make("two/davit-1/c1");
  fs::write_file(one / "cgroup.procs", "5\n7\n");
  fs::write_file(two / "cgroup.procs", "0\n7\n9\n");
  const Cgroups groups({{folder_.path() / "one", false, {}, true}, {folder_.path() / "two", false, {}, true}});
  EXPECT_EQ(groups.processes("/davit-1/c1"), (std::vector<int>{5, 7, 9}));
  EXPECT_TRUE(groups.processes("/davit-1/none").empty());
}

TEST_F(CgroupTree, ProcessesBelowCountWhereAskedFor) {
  fs::write_file(make("one/davit-1/c1") / "cgroup.procs", "5\n");
  fs::write_file(make("one/davit-1/c1/init.scope") / "cgroup.procs", "8\n");
  const Cgroups groups({{folder_.path() / "one", true, {}, true}});
  EXPECT_EQ(groups.processes("/davit-1/c1"), (std::vector<int>{5}));
  EXPECT_EQ(groups.processes("/davit-1/c1", true), (std::vector<int>{5, 8}));
}

TEST_F(CgroupTree, GroupIsFoundByControllerOrInV2) {
  const auto memory = make("memory/davit-1/c1"), unified = make("unified/davit-1/c1");
  const Cgroups groups(
      {{folder_.path() / "memory", false, {"memory"}, true}, {folder_.path() / "unified", true, {}, true}});
  EXPECT_EQ(groups.find("/davit-1/c1", "memory")->folder, memory);
  EXPECT_FALSE(groups.find("/davit-1/c1", "memory")->v2);
  EXPECT_EQ(groups.find("/davit-1/c1", "pids")->folder, unified);
  EXPECT_TRUE(groups.find("/davit-1/c1", "pids")->v2);
  EXPECT_FALSE(groups.find("/davit-1/none", "memory"));
}

TEST_F(CgroupTree, RemovalTakesWhatIsBelow) {
  make("one/davit-1/c1/below");
  const Cgroups groups({{folder_.path() / "one", false, {}, true}});
  EXPECT_TRUE(groups.remove("/davit-1/c1"));
  EXPECT_FALSE(fs::exists(folder_.path() / "one/davit-1/c1"));
  EXPECT_TRUE(fs::exists(folder_.path() / "one/davit-1"));
  EXPECT_TRUE(groups.remove("/davit-1/c1"));
}

TEST_F(CgroupTree, GroupThatCannotBeRemovedIsTold) {
  fs::write_file(make("one/davit-1/c1") / "a file, where the kernel would have a process", "");
  EXPECT_FALSE(Cgroups({{folder_.path() / "one", false, {}, true}}).remove("/davit-1/c1"));
}

}  // namespace
}  // namespace davit::runtime
