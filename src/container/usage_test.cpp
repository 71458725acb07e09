#include "container/usage.h"

#include <gtest/gtest.h>

namespace davit::container {
namespace {

TEST(CpuPercent, IsTheShareOfOneCpu) {
  const runtime::Usage before = {.cpu_ns = 1'000, .system_cpu_ns = 10'000, .online_cpus = 2, .networks = {}};
  EXPECT_DOUBLE_EQ(cpu_percent(before, {.cpu_ns = 2'000, .system_cpu_ns = 12'000, .online_cpus = 2, .networks = {}}),
                   100);
  EXPECT_DOUBLE_EQ(cpu_percent(before, {.cpu_ns = 3'000, .system_cpu_ns = 12'000, .online_cpus = 2, .networks = {}}),
                   200);
  EXPECT_DOUBLE_EQ(cpu_percent(before, before), 0);
}

TEST(CpuPercent, OfARunThatBeganMeanwhileIsNothing) {
  const runtime::Usage before = {.cpu_ns = 1'000, .system_cpu_ns = 10'000, .online_cpus = 2, .networks = {}};
  EXPECT_DOUBLE_EQ(cpu_percent(before, {.cpu_ns = 5, .system_cpu_ns = 12'000, .online_cpus = 2, .networks = {}}), 0);
}

TEST(MemoryPercent, WithoutALimitThereIsNone) {
  EXPECT_DOUBLE_EQ(memory_percent({.memory = 50, .memory_limit = 200, .networks = {}}), 25);
  EXPECT_DOUBLE_EQ(memory_percent({.memory = 50, .networks = {}}), 0);
}

}  // namespace
}  // namespace davit::container
