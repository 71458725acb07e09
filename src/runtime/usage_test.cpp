#include "runtime/usage.h"

#include <gtest/gtest.h>

#include "base/fs/file.h"
#include "base/fs/paths.h"

namespace davit::runtime {
namespace {

namespace fs = base::fs;

TEST(UsageFiles, ValueIsThatOfTheWholeKey) {
  const std::string_view text = "inactive_file 1\ntotal_inactive_file 4096\ntotal 7\nodd\n";
  EXPECT_EQ(value_of(text, "total_inactive_file"), 4096U);
  EXPECT_EQ(value_of(text, "inactive_file"), 1U);
  EXPECT_EQ(value_of(text, "total_inactive"), 0U);
  EXPECT_EQ(value_of(text, "odd"), 0U);
}

TEST(UsageFiles, NumberOrNone) {
  EXPECT_EQ(number_of("4096\n"), 4096U);
  EXPECT_EQ(number_of("max\n"), 0U);
  EXPECT_EQ(number_of("max\n", 9), 9U);
  EXPECT_EQ(number_of("", 9), 9U);
  EXPECT_EQ(number_of("12x", 9), 9U);
}

TEST(UsageFiles, BlkioOfAllDisksIsSummed) {
  EXPECT_EQ(parse_blkio("8:0 Read 4096\n8:0 Write 100\n8:0 Sync 4196\n8:0 Total 4196\n254:0 Read 4\nTotal 4200\n"),
            (BlockBytes{4100, 100}));
  EXPECT_EQ(parse_blkio("Total 0\n"), BlockBytes());
}

TEST(UsageFiles, IoStatOfAllDisksIsSummed) {
  EXPECT_EQ(parse_io_stat("8:0 rbytes=4096 wbytes=100 rios=1 wios=2 dbytes=0 dios=0\n254:0 rbytes=4 wbytes=0\n"),
            (BlockBytes{4100, 100}));
  EXPECT_EQ(parse_io_stat(""), BlockBytes());
}

TEST(UsageFiles, NetworksWithoutLoopback) {
  const auto networks = parse_net_dev(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
      "compressed\n"
      "    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0 "
      "   "
      "      0\n"
      "  eth0:1296      16    0    0    0     0          0         0      816      10    0    0    0     0       0     "
      "  "
      "   0\n");
  ASSERT_EQ(networks.size(), 1U);
  EXPECT_EQ(networks.at("eth0"), (NetworkUsage{1296, 16, 816, 10}));
}

TEST(UsageFiles, SystemTimeIsUserToSteal) {
  EXPECT_EQ(parse_system_cpu_ns("cpu  1 2 3 4 5 6 7 8 100 100\ncpu0 9 9 9 9\n", 100), 36U * 10'000'000U);
  EXPECT_EQ(parse_system_cpu_ns("intr 1 2\n", 100), 0U);
}

// A made-up tree of plain folders.
class UsageTree : public ::testing::Test {
 protected:
  UsageTree() : folder_(::testing::TempDir()) {}
  void write(const std::string& relative, std::string_view text) {
    fs::make_directories((folder_.path() / relative).parent_path());
    fs::write_file(folder_.path() / relative, text);
  }
  fs::TemporaryDirectory folder_;
};

TEST_F(UsageTree, OfV1) {
  write("memory/p/c/memory.usage_in_bytes", "10000\n");
  write("memory/p/c/memory.limit_in_bytes", "20000\n");
  write("memory/p/c/memory.stat", "inactive_file 1\ntotal_inactive_file 4000\n");
  write("cpuacct/p/c/cpuacct.usage", "123456\n");
  write("pids/p/c/pids.current", "3\n");
  write("pids/p/c/pids.max", "max\n");
  write("blkio/p/c/blkio.throttle.io_service_bytes_recursive", "8:0 Read 5\n8:0 Write 6\nTotal 11\n");
  std::vector<CgroupHierarchy> hierarchies;
  for (const char* name : {"memory", "cpuacct", "pids", "blkio"})
    hierarchies.push_back({folder_.path() / name, false, {name}, true});
  const auto usage = read_usage(Cgroups(hierarchies), "/p/c", 0);
  EXPECT_EQ(usage.memory, 6000U);
  EXPECT_EQ(usage.memory_limit, 20000U);
  EXPECT_EQ(usage.cpu_ns, 123456U);
  EXPECT_EQ(usage.processes, 3U);
  EXPECT_EQ(usage.processes_limit, 0U);
  EXPECT_EQ(usage.block_read, 5U);
  EXPECT_EQ(usage.block_written, 6U);
}

TEST_F(UsageTree, OfV2) {
  write("p/c/memory.current", "10000\n");
  write("p/c/memory.max", "max\n");
  write("p/c/memory.stat", "inactive_file 4000\n");
  write("p/c/cpu.stat", "usage_usec 123\nuser_usec 100\n");
  write("p/c/pids.current", "3\n");
  write("p/c/pids.max", "50\n");
  write("p/c/io.stat", "8:0 rbytes=5 wbytes=6\n");
  const auto usage = read_usage(Cgroups({{folder_.path(), true, {}, true}}), "/p/c", 0);
  EXPECT_EQ(usage.memory, 6000U);
  EXPECT_GT(usage.memory_limit, 20000U) << "the machine's";
  EXPECT_EQ(usage.cpu_ns, 123000U);
  EXPECT_EQ(usage.processes_limit, 50U);
  EXPECT_EQ(usage.block_read, 5U);
  EXPECT_EQ(usage.block_written, 6U);
}

TEST_F(UsageTree, OfAGroupThatIsGoneIsNothing) {
  const auto usage = read_usage(Cgroups({{folder_.path(), true, {}, true}}), "/p/gone", 0);
  EXPECT_EQ(usage.memory, 0U);
  EXPECT_EQ(usage.cpu_ns, 0U);
  EXPECT_GT(usage.system_cpu_ns, 0U);
  EXPECT_TRUE(usage.networks.empty());
}

}  // namespace
}  // namespace davit::runtime
