#include "base/parallel.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace davit::base {
namespace {

TEST(ParallelFor, CallsEachIndexOnce) {
  std::vector<std::atomic<int>> calls(100);
  parallel_for(calls.size(), 4, [&](std::size_t i) { ++calls[i]; });
  EXPECT_TRUE(std::all_of(calls.begin(), calls.end(), [](const auto& count) { return count == 1; }));
}

TEST(ParallelFor, IsInOrderOnOneThread) {
  std::vector<std::size_t> order;
  parallel_for(3, 0, [&](std::size_t i) { order.push_back(i); });
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(ParallelFor, BeginsNothingAfterTheFirstExceptionAndThrowsIt) {
  std::size_t begun = 0;
  try {
    parallel_for(10, 1, [&](std::size_t i) {
      ++begun;
      if (i == 3) throw std::runtime_error("at 3");
    });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), std::string("at 3"));
  }
  EXPECT_EQ(begun, 4U);
}

// The one that fails waits until the other is under way; that one ends only because it is told, and by an exception of
// its own, which is not the one thrown.
TEST(ParallelFor, TellsWorkUnderWayThatAnotherFailed) {
  std::atomic<bool> under_way = false;
  bool told = false;
  try {
    parallel_for(2, 2, [&](std::size_t i, const std::atomic<bool>& failed) {
      if (i == 0) {
        while (!under_way) std::this_thread::yield();
        throw std::runtime_error("the first");
      }
      under_way = true;
      while (!failed) std::this_thread::yield();
      told = true;
      throw std::runtime_error("the second");
    });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), std::string("the first"));
  }
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace davit::base
