#include "base/pipe.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"

namespace davit::base {
namespace {

std::string numbered_bytes(std::size_t size) {
  std::string text(size, 'x');
  for (std::size_t i = 0; i < size; i += 7) text[i] = static_cast<char>(i % 251);
  return text;
}

Code code_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& e) {
    return e.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Code::kInternal;
}

}  // namespace

TEST(Pipe, CarriesMoreThanItsCapacityBetweenThreads) {
  Pipe pipe(1000);
  const std::string sent = numbered_bytes(1'000'000);
  std::jthread writer([&] {
    pipe.sink().write(as_byte_view(sent));
    pipe.sink().finish();
  });
  EXPECT_EQ(read_all(pipe.source(), sent.size()), sent);
}

RC_GTEST_PROP(PipeProperty, CarriesAnyPiecesThroughAnyCapacityToAnyReads, ()) {
  const auto capacity =
      *rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 20), rc::gen::inRange<std::size_t>(0, 400'000));
  const auto writes = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 100'000));
  const auto most = *rc::gen::inRange<std::size_t>(1, 200'000);
  std::size_t size = 0;
  for (const std::size_t each : writes) size += capacity < 20 ? each % 300 : each;
  const std::string sent = numbered_bytes(size);
  Pipe pipe(capacity);
  std::jthread writer([&] {
    ByteView rest = as_byte_view(sent);
    for (const std::size_t each : writes) {
      const ByteView piece = rest.first(capacity < 20 ? each % 300 : each);
      pipe.sink().write(piece);
      rest = rest.subspan(piece.size());
    }
    pipe.sink().finish();
  });
  std::string got;
  std::vector<std::byte> buffer(most);
  for (std::size_t want = 1; const std::size_t count = pipe.source().read(ByteSpan(buffer).first(want));
       want = want * 7 % most + 1) {
    RC_ASSERT(count <= want);
    got += as_text(ByteView(buffer).first(count));
  }
  RC_ASSERT(got == sent);
  RC_ASSERT(pipe.source().read(buffer) == 0U);
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
  EXPECT_EQ(code_of([&] {
              for (int i = 0; i < 100; ++i) pipe.sink().write(as_byte_view("0123456789"));
            }),
            Code::kCancelled);
}

TEST(Pipe, CloseEndsAReadThatWaits) {
  Pipe pipe;
  pipe.sink().write(as_byte_view("some"));
  std::byte buffer[10];
  EXPECT_EQ(pipe.source().read(buffer), 4U);
  std::jthread closer([&] { pipe.close(); });
  EXPECT_EQ(code_of([&] { pipe.source().read(buffer); }), Code::kCancelled);
}

TEST(Pipe, WhatIsThereIsGivenWithoutWaitingForMore) {
  Pipe pipe;
  std::byte buffer[100'000];
  for (int i = 0; i < 3; ++i) {
    pipe.sink().write(as_byte_view("some"));
    EXPECT_EQ(pipe.source().read(buffer), 4U);
  }
}

}  // namespace davit::base
