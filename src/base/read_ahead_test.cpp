#include "base/read_ahead.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/pipe.h"

namespace davit::base {
namespace {

// Gives so many bytes at once, and fails after them if it is told to.
class Dripping final : public Source {
 public:
  Dripping(std::string_view text, std::size_t step, bool fails = false) : rest_(text), step_(step), fails_(fails) {}
  std::size_t read(ByteSpan buffer) override {
    if (rest_.empty() && fails_) throw Error(Code::kIo, "the cable was cut");
    const std::size_t count = std::min({buffer.size(), step_, rest_.size()});
    std::copy_n(rest_.data(), count, reinterpret_cast<char*>(buffer.data()));
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  std::size_t step_;
  bool fails_;
};

std::string numbered_bytes(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

std::string whole(PieceSource& pieces) {
  std::string text;
  for (ByteView piece = pieces.next(); !piece.empty(); piece = pieces.next()) text += as_text(piece);
  return text;
}

}  // namespace

RC_GTEST_PROP(ReadAheadProperty, GivesEveryByteInOrderAndFailsWhereTheSourceDoes, ()) {
  const std::string sent = numbered_bytes(*rc::gen::inRange<std::size_t>(0, 50'000));
  const auto step = *rc::gen::inRange<std::size_t>(1, 5000);
  const ReadAheadOptions options = {.piece_bytes = *rc::gen::inRange<std::size_t>(0, 3000),
                                    .pieces = *rc::gen::inRange<std::size_t>(0, 6)};
  const bool fails = *rc::gen::arbitrary<bool>();
  Dripping source(sent, step, fails);
  ReadAhead ahead(source, options);
  std::string got;
  try {
    for (ByteView piece = ahead.next(); !piece.empty(); piece = ahead.next()) {
      got += as_text(piece);
      RC_ASSERT(piece.size() == options.piece_bytes || piece.size() == 1 || got.size() == sent.size());
    }
    RC_ASSERT(!fails);
    RC_ASSERT(ahead.next().empty());
  } catch (const Error& e) {
    RC_ASSERT(fails);
    RC_ASSERT(e.message() == "the cable was cut");
    RC_ASSERT_THROWS_AS(ahead.next(), Error);
  }
  RC_ASSERT(got == sent);
}

TEST(ReadAhead, APieceStaysAsItIsUntilTheNextIsAskedFor) {
  const std::string sent = numbered_bytes(100'000);
  Dripping source(sent, 100'000);
  ReadAhead ahead(source, {.piece_bytes = 1000, .pieces = 2});
  for (std::size_t at = 0; at < sent.size(); at += 1000) {
    const ByteView piece = ahead.next();
    std::this_thread::yield();  // the thread has a buffer to fill
    ASSERT_EQ(as_text(piece), std::string_view(sent).substr(at, 1000));
  }
}

TEST(ReadAhead, ReadsWhileThePieceIsUsedAndNoFurtherThanItsBuffers) {
  std::atomic<int> reads = 0;
  class Counting final : public Source {
   public:
    explicit Counting(std::atomic<int>& count) : count_(count) {}
    std::size_t read(ByteSpan buffer) override {
      ++count_;
      count_.notify_all();
      std::ranges::fill(buffer, std::byte{1});
      return buffer.size();
    }

   private:
    std::atomic<int>& count_;
  } source(reads);
  ReadAhead ahead(source, {.piece_bytes = 10, .pieces = 3});
  ahead.next();
  for (int seen = reads; seen < 3; seen = reads) reads.wait(seen);  // hangs unless it reads ahead
  ahead.next();
  for (int seen = reads; seen < 4; seen = reads) reads.wait(seen);
  EXPECT_LE(reads, 4);
}

TEST(ReadAhead, DestructionWaitsForNothingThatIsNotUnderWay) {
  const std::string sent = numbered_bytes(100'000);
  for (int pieces = 0; pieces < 5; ++pieces) {
    Dripping source(sent, 10);
    ReadAhead ahead(source, {.piece_bytes = 100});
    for (int i = 0; i < pieces; ++i) ahead.next();
  }
}

TEST(ReadAhead, AClosedPipeLetsItGoThoughNobodyWrites) {
  Pipe pipe;
  pipe.sink().write(as_byte_view("begun"));
  ReadAhead ahead(pipe.source());
  pipe.close();
}

TEST(ReadAhead, DestructionEndsAReadFromAPipeInWhichNobodyWrites) {
  Pipe pipe;
  pipe.sink().write(as_byte_view(numbered_bytes(100)));
  { const ReadAhead ahead(pipe.source()); }
}

TEST(ReadAhead, IsCancelledWithWhoMadeIt) {
  Pipe pipe;
  Cancellation cancellation;
  const Cancellation::Scope scope(cancellation);
  ReadAhead ahead(pipe.source());
  std::jthread canceller([&] { cancellation.cancel(); });
  EXPECT_THROW(ahead.next(), Error);
}

TEST(ReadAhead, BytesThatComeLetItGoInTheMiddleOfAPiece) {
  Pipe pipe;
  std::jthread writer;
  {
    ReadAhead ahead(pipe.source(), {.piece_bytes = std::size_t{64} << 20});
    writer = std::jthread([&] {
      try {
        while (true) pipe.sink().write(as_byte_view(std::string(200'000, 'x')));
      } catch (const Error&) {  // closed
      }
    });
  }
  pipe.close();
}

TEST(Pieces, ASourceIsGivenOutAsItComes) {
  Dripping source("hello world", 4);
  ReadPieces pieces(source);
  StringSink shown;
  TeePieces tee(pieces, shown);
  EXPECT_EQ(as_text(tee.next()), "hell");
  EXPECT_EQ(shown.text(), "hell");
  EXPECT_EQ(whole(tee), "o world");
  EXPECT_EQ(shown.text(), "hello world");
  EXPECT_TRUE(tee.next().empty());
}

}  // namespace davit::base
