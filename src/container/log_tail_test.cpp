#include "container/log_tail.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "base/fs/paths.h"
#include "container/log_reader.h"

namespace davit::container {
namespace {

namespace fs = base::fs;

class LogTailTest : public ::testing::Test {
 protected:
  LogTailTest() : folder_(::testing::TempDir()) {}

  static std::string record(const std::string& text, bool whole = true, bool to_err = false) {
    return std::string("2026-11-26T07:10:01Z ") + (to_err ? "stderr" : "stdout") + (whole ? " F " : " P ") + text +
           "\n";
  }
  // The lines that `logs --tail LINES` shows.
  std::vector<std::string> last(const std::string& content, std::uint64_t lines) {
    fs::write_file(folder_.path() / "log", content);
    auto file = fs::File::open(folder_.path() / "log");
    auto tail = find_log_tail(file, file.size(), lines);
    offset_ = tail.offset;
    fs::FileSource source(std::move(file), tail.offset);
    LogReader reader(source);
    std::vector<std::string> shown;
    while (auto entry = reader.next()) {
      if (tail.skip == 0) shown.push_back(entry->text);
      if (tail.skip > 0) --tail.skip;
    }
    return shown;
  }

  fs::TemporaryDirectory folder_;
  std::uint64_t offset_ = 0;
};

using Lines = std::vector<std::string>;

TEST_F(LogTailTest, TheLastLines) {
  const auto log = record("one") + record("two") + record("three");
  EXPECT_EQ(last(log, 0), Lines());
  EXPECT_EQ(last(log, 1), Lines({"three\n"}));
  EXPECT_EQ(last(log, 2), Lines({"two\n", "three\n"}));
  EXPECT_EQ(last(log, 3), Lines({"one\n", "two\n", "three\n"}));
  EXPECT_EQ(last(log, 1000), Lines({"one\n", "two\n", "three\n"}));
  EXPECT_EQ(last("", 5), Lines());
  EXPECT_EQ(last("damaged", 5), Lines());
  EXPECT_EQ(last("damaged\n" + log + "damaged\n", 1), Lines({"three\n"}));
}

TEST_F(LogTailTest, PiecesBelongToTheirLine) {
  const auto log = record("one") + record("tw", false) + record("err", true, true) + record("o");
  EXPECT_EQ(last(log, 1), Lines({"two\n"}));
  EXPECT_EQ(last(log, 2), Lines({"err\n", "two\n"}));
}

TEST_F(LogTailTest, ReadsOnlyTheEndOfALongLog) {
  std::string log;
  for (int i = 0; i < 200'000; ++i) log += record("line " + std::to_string(i));
  EXPECT_EQ(last(log, 2), Lines({"line 199998\n", "line 199999\n"}));
  EXPECT_GT(offset_, log.size() - 1000);
}

TEST_F(LogTailTest, IsTheEndOfTheWholeWhateverTheLog) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::string log;
    const unsigned records = random() % 40;
    for (unsigned i = 0; i < records; ++i) {
      log +=
          record(std::string(random() % 8000, static_cast<char>('a' + i % 26)), random() % 3 != 0, random() % 4 == 0);
      if (random() % 10 == 0) log += "damaged\n";
    }
    const auto all = last(log, records + 1);
    const std::uint64_t lines = 1 + random() % 12;
    const auto shown = last(log, lines);
    const Lines expected(all.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(lines, all.size())), all.end());
    ASSERT_EQ(shown, expected) << "round " << round;
  }
}

}  // namespace
}  // namespace davit::container
