#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/interrupt.h"

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

// The one that fails waits until the other is under way; that one ends only because it is cancelled, and by an
// exception of its own, which is not the one thrown.
TEST(ParallelUntilFailure, CancelsWorkUnderWayAndThrowsTheFirstException) {
  std::atomic<bool> under_way = false;
  bool cancelled = false;
  try {
    parallel_until_failure(2, 2, [&](std::size_t i) {
      if (i == 0) {
        while (!under_way) std::this_thread::yield();
        throw std::runtime_error("the first");
      }
      under_way = true;
      try {
        while (true) check_interrupted();
      } catch (const Error&) {
        cancelled = true;
        throw;
      }
    });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), std::string("the first"));
  }
  EXPECT_TRUE(cancelled);
  EXPECT_NO_THROW(check_interrupted());
}

TEST(ParallelUntilFailure, IsCancelledWithItsCaller) {
  Cancellation cancellation;
  const Cancellation::Scope scope(cancellation);
  std::atomic<int> ended = 0;
  EXPECT_THROW(parallel_until_failure(2, 2,
                                      [&](std::size_t i) {
                                        if (i == 0) cancellation.cancel();
                                        try {
                                          while (true) check_interrupted();
                                        } catch (const Error&) {
                                          ++ended;
                                          throw;
                                        }
                                      }),
               Error);
  EXPECT_GE(ended, 1);
}

}  // namespace
}  // namespace davit::base
