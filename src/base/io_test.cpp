#include "base/io.h"

#include <atomic>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/parallel.h"

namespace davit::base {
namespace {

TEST(Io, CopyTeeAndConcatKeepEveryByte) {
  MemorySource first("hello ");
  MemorySource second("world");
  ConcatSource both(first, second);
  StringSink shown, copied;
  TeeSource tee(both, shown);
  EXPECT_EQ(copy(tee, copied), 11U);
  EXPECT_EQ(copied.text(), "hello world");
  EXPECT_EQ(shown.text(), "hello world");
}

TEST(Io, ReadAllRefusesMoreThanTheLimit) {
  MemorySource source("12345");
  EXPECT_THROW(read_all(source, 4), Error);
}

TEST(Parallel, RunsEachIndexOnceAndThrowsTheFirstFailure) {
  std::atomic<int> sum = 0;
  parallel_for(100, 4, [&](std::size_t i) { sum += static_cast<int>(i); });
  EXPECT_EQ(sum, 4950);
  EXPECT_THROW(parallel_for(10, 3,
                            [](std::size_t i) {
                              if (i == 5) throw Error(Code::kIo, "five");
                            }),
               Error);
}

}  // namespace
}  // namespace davit::base
