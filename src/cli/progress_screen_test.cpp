#include "cli/progress_screen.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace davit::cli {
namespace {

using enum transfer::LayerStatus;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

const ProgressTime kStart{1h};

TEST(ProgressScreen, LayersAndTotalAsDockerWritesThem) {
  ProgressScreen screen;
  screen.layer("aaaaaaaaaaaa", kAlreadyExists, "");
  for (const char* name : {"bbbbbbbbbbbb", "cccccccccccc", "dddddddddddd"}) screen.layer(name, kPullingFsLayer, "");
  EXPECT_EQ(screen.lines({.columns = 100}, kStart)[1], "bbbbbbbbbbbb: Pulling fs layer");
  screen.bytes("bbbbbbbbbbbb", kWaiting, 0, 20'000'000, kStart);
  screen.bytes("cccccccccccc", kWaiting, 0, 30'000'000, kStart);
  screen.bytes("dddddddddddd", kWaiting, 0, 50'000'000, kStart);
  screen.bytes("bbbbbbbbbbbb", kDownloading, 0, 20'000'000, kStart);
  screen.bytes("bbbbbbbbbbbb", kDownloading, 10'000'000, 20'000'000, kStart + 1s);
  screen.bytes("cccccccccccc", kExtracting, 1'500'000, 30'000'000, kStart + 1s);

  EXPECT_EQ(screen.lines({.columns = 120}, kStart + 1s),
            (Lines{"aaaaaaaaaaaa: Already exists",
                   "bbbbbbbbbbbb: Downloading [=========================>                         ]     10MB/20MB",
                   "cccccccccccc: Extracting [==>                                                ]    1.5MB/30MB",
                   "dddddddddddd: Waiting", "Total: 1/4 layers  40MB/100MB  10MB/s  6s left"}));
}

TEST(ProgressScreen, BarShrinksWithTheWidthAndThenVanishes) {
  ProgressScreen screen;
  screen.bytes("bbbbbbbbbbbb", kDownloading, 5'000'000, 20'000'000, kStart);
  const auto line = [&](std::size_t columns) { return screen.lines({.columns = columns}, kStart)[0]; };
  EXPECT_EQ(line(60), "bbbbbbbbbbbb: Downloading [====>             ]      5MB/20MB");
  EXPECT_EQ(line(50), "bbbbbbbbbbbb: Downloading [=>      ]      5MB/20MB");
  EXPECT_EQ(line(49), "bbbbbbbbbbbb: Downloading      5MB/20MB");
  EXPECT_EQ(line(20), "bbbbbbbbbbbb: Downlo");
  EXPECT_EQ(line(1), "b");
}

TEST(ProgressScreen, BarIsFullAtTheEndAndATotalThatIsPassedIsNotShown) {
  ProgressScreen screen;
  screen.bytes("b", kPushing, 100, 100, kStart);
  EXPECT_EQ(screen.lines({.columns = 45}, kStart)[0], "b: Pushing [=================>]     100B/100B");
  screen.bytes("b", kPushing, 101, 100, kStart);
  EXPECT_EQ(screen.lines({.columns = 45}, kStart)[0], "b: Pushing [======================>]     101B");
}

TEST(ProgressScreen, MoreLayersThanRowsShowsThoseAtWorkAndACount) {
  ProgressScreen screen;
  for (char name = 'a'; name <= 'z'; ++name) screen.layer(std::string(1, name), kPullingFsLayer, "");
  for (char name = 'a'; name <= 'd'; ++name) screen.layer(std::string(1, name), kPullComplete, "");
  screen.bytes("m", kDownloading, 10, 100, kStart);
  screen.layer("x", kVerifyingChecksum, "");

  EXPECT_EQ(screen.lines({.columns = 50, .rows = 6}, kStart),
            (Lines{"d: Pull complete", "m: Downloading [=>                 ]      10B/100B", "x: Verifying Checksum",
                   "... 23 more: 20 waiting, 3 complete", "Total: 4/26 layers  10B/100B"}));
  EXPECT_EQ(screen.lines({.columns = 50, .rows = 3}, kStart),
            (Lines{"... 26 more: 2 at work, 20 waiting, 4 complete", "Total: 4/26 layers  10B/100B"}));
  EXPECT_EQ(screen.lines({.columns = 50, .rows = 2}, kStart), (Lines{"Total: 4/26 layers  10B/100B"}));
  EXPECT_EQ(screen.lines({.columns = 50, .rows = 1}, kStart), Lines{});
  EXPECT_EQ(screen.lines({.columns = 50, .rows = 28}, kStart).size(), 27U);
  EXPECT_EQ(screen.final_lines(50).size(), 26U);
}

TEST(ProgressScreen, WhatWasThereAlreadyIsNoPartOfTheTotal) {
  ProgressScreen screen;
  for (const char* name : {"a", "b", "c"}) screen.bytes(name, kWaiting, 0, 1000, kStart);
  EXPECT_EQ(screen.lines({}, kStart).back(), "Total: 0/3 layers  0B/3kB");
  screen.layer("a", kLayerAlreadyExists, "");
  screen.layer("b", kMountedFrom, "team/app");
  EXPECT_EQ(screen.lines({}, kStart)[1], "b: Mounted from team/app");
  EXPECT_EQ(screen.lines({}, kStart).back(), "Total: 2/3 layers  0B/1kB");
  EXPECT_FALSE(screen.settled());
  screen.bytes("c", kPushing, 1000, 1000, kStart);
  screen.layer("c", kPushed, "");
  EXPECT_EQ(screen.lines({}, kStart).back(), "Total: 3/3 layers  1kB/1kB");
  EXPECT_TRUE(screen.settled());
}

TEST(ProgressScreen, ResumedBytesAreNoSpeed) {
  ProgressScreen screen;
  screen.bytes("a", kDownloading, 900'000, 1'000'000, kStart);
  screen.bytes("a", kDownloading, 920'000, 1'000'000, kStart + 2s);
  EXPECT_EQ(screen.lines({}, kStart + 2s).back(), "Total: 0/1 layers  920kB/1MB  10kB/s  8s left");
}

TEST(ProgressScreen, AStalledTransferHasNoTimeLeft) {
  ProgressScreen screen;
  screen.bytes("a", kDownloading, 0, 1'000'000, kStart);
  screen.bytes("a", kDownloading, 200'000, 1'000'000, kStart + 1s);
  EXPECT_EQ(screen.lines({}, kStart + 1s).back(), "Total: 0/1 layers  200kB/1MB  200kB/s  4s left");
  EXPECT_EQ(screen.lines({}, kStart + 60s).back(), "Total: 0/1 layers  200kB/1MB");
}

TEST(SpeedMeter, IsTheMeanOfTheLastSeconds) {
  SpeedMeter meter;
  meter.add(0, kStart);
  for (int i = 1; i <= 100; ++i) meter.add(100'000, kStart + i * 100ms);  // 1 MB/s
  EXPECT_NEAR(meter.speed(kStart + 10s), 1e6, 1e5);
  for (int i = 1; i <= 25; ++i) meter.add(300'000, kStart + 10s + i * 100ms);  // half of the window at 3 MB/s
  EXPECT_NEAR(meter.speed(kStart + 12500ms), 2e6, 2e5);
  for (int i = 26; i <= 100; ++i) meter.add(300'000, kStart + 10s + i * 100ms);
  EXPECT_NEAR(meter.speed(kStart + 20s), 3e6, 3e5);
}

TEST(SpeedMeter, ABurstIsForgottenToo) {
  SpeedMeter meter;
  meter.add(0, kStart);
  for (int i = 1; i <= 10; ++i) meter.add(100'000, kStart + i * 1ms);
  EXPECT_NEAR(meter.speed(kStart + 2s), 5e5, 1e4);
  EXPECT_EQ(meter.speed(kStart + 6s), 0);
}

TEST(SpeedMeter, SaysNothingTooEarly) {
  SpeedMeter meter;
  EXPECT_EQ(meter.speed(kStart), 0);
  meter.add(0, kStart);
  meter.add(1'000'000, kStart + 200ms);
  EXPECT_EQ(meter.speed(kStart + 200ms), 0);
}

TEST(TimeLeft, InTwoUnits) {
  EXPECT_EQ(time_left(0.2), "1s");
  EXPECT_EQ(time_left(12), "12s");
  EXPECT_EQ(time_left(59.7), "1m0s");
  EXPECT_EQ(time_left(200), "3m20s");
  EXPECT_EQ(time_left(3900), "1h5m");
  EXPECT_EQ(time_left(2 * 86400 + 3 * 3600), "2d3h");
}

TEST(BlockPainter, DrawsOneBlockOverTheOther) {
  BlockPainter painter;
  EXPECT_EQ(painter.paint({"one", "two"}, 10), "one\x1b[K\r\ntwo\x1b[K\r\n");
  EXPECT_TRUE(painter.shows({"one", "two"}, 10));
  EXPECT_FALSE(painter.shows({"one", "two"}, 9));
  EXPECT_EQ(painter.paint({"three"}, 10), "\r\x1b[2Athree\x1b[K\r\n\x1b[J");
  EXPECT_EQ(painter.paint({"0123456789"}, 10, "news\r\n"), "\r\x1b[1A\x1b[Jnews\r\n0123456789\r\n");
  painter.leave();
  EXPECT_EQ(painter.paint({"next"}, 10), "next\x1b[K\r\n");
}

TEST(BlockPainter, ANarrowerTerminalHasWrappedWhatWasDrawn) {
  BlockPainter painter;
  painter.paint({"0123456789", "abc"}, 10);
  EXPECT_EQ(painter.paint({"0123", "abc"}, 4), "\r\x1b[4A\x1b[J0123\r\nabc\x1b[K\r\n\x1b[J");
}

RC_GTEST_PROP(ProgressScreen, NeverExceedsTheScreen, ()) {
  ProgressScreen screen;
  ProgressTime now = kStart;
  const auto steps = *rc::gen::inRange(1, 200);
  for (int i = 0; i < steps; ++i) {
    const std::string name = std::to_string(*rc::gen::inRange(0, 40));
    const auto status = static_cast<transfer::LayerStatus>(*rc::gen::inRange(0, 13));
    now += std::chrono::milliseconds(*rc::gen::inRange(0, 400));
    if (*rc::gen::arbitrary<bool>()) {
      screen.layer(name, status, "some/repository");
    } else {
      screen.bytes(name, status, *rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint64_t>(), now);
    }
    const ScreenSize size = {.columns = *rc::gen::inRange<std::size_t>(1, 130),
                             .rows = *rc::gen::inRange<std::size_t>(1, 60)};
    const Lines lines = screen.lines(size, now);
    RC_ASSERT(lines.size() + 1 <= size.rows);
    for (const std::string& line : lines) RC_ASSERT(line.size() <= size.columns);
  }
}

}  // namespace
}  // namespace davit::cli
