#include "blob/pieces.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/fs/paths.h"

namespace davit::blob {
namespace {

namespace fs = base::fs;
using Range = BlobWriter::Range;
using Ranges = std::vector<Range>;

constexpr std::uint64_t kBlock = Pieces::kBlockBytes;

class PiecesTest : public testing::Test {
 protected:
  static fs::File open(const std::filesystem::path& path) {
    return fs::File::open(path, {.access = fs::Access::kReadWrite, .create = fs::Create::kIfMissing});
  }
  fs::TemporaryDirectory folder_{testing::TempDir(), "pieces-test-"};
  fs::File file_ = open(folder_.path() / "file");
};

TEST_F(PiecesTest, WhatIsToldInTheFileIsBlocks) {
  const std::uint64_t size = 10 * kBlock + 5;
  Pieces pieces = Pieces::begin(file_, size);
  EXPECT_EQ(pieces.missing(), (Ranges{{0, size}}));
  pieces.add(file_, 3 * kBlock + 1, 6 * kBlock + 1);
  pieces.add(file_, 10 * kBlock, size);
  EXPECT_EQ(pieces.missing(), (Ranges{{0, 3 * kBlock + 1}, {6 * kBlock + 1, 10 * kBlock}}));
  EXPECT_EQ(Pieces::read(file_, size)->missing(), (Ranges{{0, 4 * kBlock}, {6 * kBlock, 10 * kBlock}}));
  pieces.add(file_, 3 * kBlock, 3 * kBlock + 1);  // makes a block whole that was there but for a byte
  EXPECT_EQ(Pieces::read(file_, size)->missing(), (Ranges{{0, 3 * kBlock}, {6 * kBlock, 10 * kBlock}}));
  EXPECT_EQ(pieces.prefix(), 0U);
  pieces.add(file_, 0, 3 * kBlock);
  EXPECT_EQ(pieces.prefix(), 6 * kBlock + 1);
}

TEST_F(PiecesTest, TheFirstBytesOfAnEarlierAttemptCount) {
  file_.write_at(base::as_byte_view(std::string(2 * kBlock + 7, 'x')), 0);
  const Pieces pieces = Pieces::begin(file_, 5 * kBlock);
  EXPECT_EQ(pieces.missing(), (Ranges{{2 * kBlock + 7, 5 * kBlock}}));
  EXPECT_EQ(Pieces::read(file_, 5 * kBlock)->missing(), (Ranges{{2 * kBlock, 5 * kBlock}}));
}

TEST_F(PiecesTest, AFileThatDoesNotTellOrTellsOfAnotherSizeIsNotBelieved) {
  file_.write_at(base::as_byte_view(std::string(kBlock + 17, 'x')), 0);
  EXPECT_FALSE(Pieces::read(file_, kBlock));  // of the right length, with other bytes
  file_.truncate(0);
  Pieces::begin(file_, 5 * kBlock).add(file_, 0, kBlock);
  EXPECT_TRUE(Pieces::read(file_, 5 * kBlock));
  for (const std::uint64_t other : {4 * kBlock, 5 * kBlock - 1, 5 * kBlock + 1, std::uint64_t{0}}) {
    EXPECT_FALSE(Pieces::read(file_, other)) << other;
  }
}

RC_GTEST_PROP(PiecesProperty, AnyOrderOfPiecesTellsWhatIsThere, ()) {
  const fs::TemporaryDirectory folder(testing::TempDir(), "pieces-property-");
  fs::File file =
      fs::File::open(folder.path() / "f", {.access = fs::Access::kReadWrite, .create = fs::Create::kIfMissing});
  const std::uint64_t size = *rc::gen::inRange<std::uint64_t>(1, 6 * kBlock);
  std::vector<bool> there(size, false);
  Pieces pieces = Pieces::begin(file, size);
  const auto steps = *rc::gen::container<std::vector<std::pair<std::uint64_t, std::uint64_t>>>(
      rc::gen::pair(rc::gen::inRange<std::uint64_t>(0, 6 * kBlock), rc::gen::inRange<std::uint64_t>(0, 2 * kBlock)));
  for (const auto& [from, length] : steps) {
    const std::uint64_t begin = std::min(from, size), end = std::min(begin + length, size);
    pieces.add(file, begin, end);
    for (std::uint64_t i = begin; i < end; ++i) there[i] = true;
  }
  const auto gaps_of = [size](const std::vector<bool>& of) {
    Ranges gaps;
    for (std::uint64_t i = 0; i < size; ++i) {
      if (of[i]) continue;
      if (gaps.empty() || gaps.back().end != i) gaps.push_back({i, i});
      gaps.back().end = i + 1;
    }
    return gaps;
  };
  RC_ASSERT(pieces.missing() == gaps_of(there));
  for (std::uint64_t block = 0; block * kBlock < size; ++block) {
    const std::uint64_t end = std::min((block + 1) * kBlock, size);
    bool whole = true;
    for (std::uint64_t i = block * kBlock; i < end; ++i) whole = whole && there[i];
    for (std::uint64_t i = block * kBlock; i < end; ++i) there[i] = whole;
  }
  RC_ASSERT(Pieces::read(file, size)->missing() == gaps_of(there));
}

}  // namespace
}  // namespace davit::blob
