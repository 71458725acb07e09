#include "base/io.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/pipe.h"

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

TEST(Pipe, CarriesMoreThanItsCapacityBetweenThreads) {
  Pipe pipe(1000);
  std::string sent(1'000'000, 'x');
  for (std::size_t i = 0; i < sent.size(); i += 7) sent[i] = static_cast<char>(i % 251);
  std::jthread writer([&] {
    pipe.sink().write(as_byte_view(sent));
    pipe.sink().finish();
  });
  EXPECT_EQ(read_all(pipe.source(), sent.size()), sent);
}

TEST(Pipe, GivesTheWritersFailureToTheReader) {
  Pipe pipe;
  pipe.fail(std::make_exception_ptr(Error(Code::kIo, "the cable was cut")));
  std::byte buffer[10];
  try {
    pipe.source().read(buffer);
    FAIL() << "read did not throw";
  } catch (const Error& e) {
    EXPECT_EQ(e.message(), "the cable was cut");
  }
}

TEST(Pipe, EndsTheWriterWhenTheReaderCloses) {
  Pipe pipe(10);
  std::jthread reader([&] { pipe.close(); });
  EXPECT_THROW(
      {
        for (int i = 0; i < 100; ++i) pipe.sink().write(as_byte_view("0123456789"));
      },
      Error);
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
