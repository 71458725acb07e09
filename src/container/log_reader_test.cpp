#include "container/log_reader.h"

#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace davit::container {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Gives what was added so far, a few bytes at a time; more may be added after its end.
class GrowingSource final : public base::Source {
 public:
  explicit GrowingSource(std::size_t step = 7) : step_(step) {}
  void add(std::string_view text) { text_ += text; }
  std::size_t read(base::ByteSpan buffer) override {
    const auto count = std::min({step_, buffer.size(), text_.size() - at_});
    std::copy_n(std::as_bytes(std::span(text_)).begin() + static_cast<std::ptrdiff_t>(at_), count, buffer.begin());
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t at_ = 0, step_;
};

std::string record(std::string_view text, std::string_view tag = "F", std::string_view stream = "stdout",
                   std::string_view second = "01") {
  return "2026-11-26T07:10:" + std::string(second) + ".5+01:00 " + std::string(stream) + " " + std::string(tag) + " " +
         std::string(text) + "\n";
}

std::vector<LogEntry> entries_of(LogReader& reader) {
  std::vector<LogEntry> entries;
  while (auto entry = reader.next()) entries.push_back(*entry);
  return entries;
}

std::vector<std::string> texts_of(LogReader& reader) {
  std::vector<std::string> texts;
  while (auto entry = reader.next()) texts.push_back((entry->stream == LogStream::kStderr ? "2" : "1") + entry->text);
  return texts;
}

TEST(LogReader, LinesInOrderWithTimeAndStream) {
  base::MemorySource source(
      std::string_view("2026-11-26T07:10:01.123456789+01:00 stdout F one\n"
                       "2026-11-26T06:10:02Z stderr F two  words\n"
                       "2026-11-26T06:10:02Z stdout F \n"));
  LogReader reader(source);
  EXPECT_THAT(entries_of(reader),
              ElementsAre(LogEntry{*base::parse_rfc3339("2026-11-26T06:10:01.123456789Z"), LogStream::kStdout, "one\n"},
                          LogEntry{*base::parse_rfc3339("2026-11-26T06:10:02Z"), LogStream::kStderr, "two  words\n"},
                          LogEntry{*base::parse_rfc3339("2026-11-26T06:10:02Z"), LogStream::kStdout, "\n"}));
  EXPECT_EQ(reader.damaged(), 0U);
}

TEST(LogReader, PiecesOfALineAreJoinedAndHaveTheTimeOfItsBeginning) {
  GrowingSource source;
  source.add(record("be", "P", "stdout", "01") + record("an error", "F", "stderr", "02") +
             record("gin", "P", "stdout", "03") + record("ning", "F", "stdout", "04"));
  LogReader reader(source);
  const auto entries = entries_of(reader);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].text, "an error\n");
  EXPECT_EQ(entries[1].text, "beginning\n");
  EXPECT_EQ(base::to_rfc3339(entries[1].time), "2026-11-26T06:10:01.5Z");
}

TEST(LogReader, GoesOnWhereTheFileGrows) {
  GrowingSource source;
  LogReader reader(source);
  EXPECT_FALSE(reader.next());
  const auto text = record("one") + record("two");
  source.add(text.substr(0, 20));
  EXPECT_FALSE(reader.next());
  source.add(text.substr(20));
  EXPECT_THAT(texts_of(reader), ElementsAre("1one\n", "1two\n"));
}

TEST(LogReader, WhatNothingEndedComesLast) {
  GrowingSource source;
  source.add(record("Password: ", "P", "stderr") + record("Name: ", "P") + record("x", "F", "stderr") +
             record("more", "P", "stderr"));
  LogReader reader(source);
  EXPECT_THAT(texts_of(reader), ElementsAre("2Password: x\n"));
  EXPECT_EQ(reader.unfinished()->text, "Name: ");
  EXPECT_EQ(reader.unfinished()->text, "more");
  EXPECT_FALSE(reader.unfinished());
  source.add(record("joe"));
  EXPECT_EQ(reader.next(),
            (LogEntry{*base::parse_rfc3339("2026-11-26T06:10:01.5Z"), LogStream::kStdout, "joe\n", false}));
}

TEST(LogReader, DamagedLinesAreLeftOutAndCounted) {
  GrowingSource source;
  source.add(record("good") + "\n" + "no time stdout F x\n" + "2026-11-26T07:10:01Z stdin F x\n" +
             "2026-11-26T07:10:01Z stdout X x\n" + "2026-11-26T07:10:01Z stdout F\n" + record("better"));
  LogReader reader(source);
  EXPECT_THAT(texts_of(reader), ElementsAre("1good\n", "1better\n"));
  EXPECT_EQ(reader.damaged(), 5U);
}

TEST(LogReader, ZerosOfAPowerCutBeforeALineAreNoDamage) {
  GrowingSource source;
  source.add(record("before") + std::string(5000, '\0') + record("after"));
  LogReader reader(source);
  EXPECT_THAT(texts_of(reader), ElementsAre("1before\n", "1after\n"));
}

TEST(LogReader, ARecordThatIsTooLongIsSkippedInBoundedMemory) {
  GrowingSource source(50'000);
  source.add(record(std::string(10'000'000, 'x')) + record("after"));
  LogReader reader(source);
  EXPECT_THAT(texts_of(reader), ElementsAre("1after\n"));
  EXPECT_EQ(reader.damaged(), 1U);
}

TEST(LogReader, AVeryLongLineComesInParts) {
  GrowingSource source(100'000);
  std::string whole;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(8000, static_cast<char>('a' + i % 26));
    whole += piece;
    source.add(record(piece, "P"));
  }
  source.add(record("end") + record("next"));
  LogReader reader(source);
  const auto entries = entries_of(reader);
  std::string read;
  for (std::size_t i = 0; i + 1 < entries.size(); ++i) {
    EXPECT_EQ(entries[i].begins_line, i == 0);
    EXPECT_LE(entries[i].text.size(), LogReader::kMostEntryBytes + 8000);
    read += entries[i].text;
  }
  EXPECT_TRUE(read == whole + "end\n");
  EXPECT_TRUE(entries.back().begins_line);
}

TEST(LogReader, AnyCutOfTheInputGivesTheSame) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    std::string out, err;
    for (unsigned i = 0; i < random() % 20; ++i) {
      const bool to_err = random() % 2 == 0, whole = random() % 2 == 0;
      const std::string piece(random() % 30, static_cast<char>('a' + i));
      text += record(piece, whole ? "F" : "P", to_err ? "stderr" : "stdout");
      (to_err ? err : out) += piece + (whole ? "\n" : "");
    }
    GrowingSource source(1 + random() % 100);
    LogReader reader(source);
    std::string read_out, read_err;
    const auto take = [&](const LogEntry& entry) {
      (entry.stream == LogStream::kStderr ? read_err : read_out) += entry.text;
    };
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t count = 1 + random() % 200;
      source.add(std::string_view(text).substr(at, count));
      at += count;
      while (auto entry = reader.next()) take(*entry);
    }
    while (auto entry = reader.unfinished()) take(*entry);
    ASSERT_EQ(read_out, out);
    ASSERT_EQ(read_err, err);
    ASSERT_EQ(reader.damaged(), 0U);
  }
}

}  // namespace
}  // namespace davit::container
