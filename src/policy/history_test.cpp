#include "policy/history.h"

#include <gtest/gtest.h>

namespace davit::policy {
namespace {

using std::chrono::hours;

const base::Time kNow{hours(24 * 20000)};

Displaced displaced(std::string tag, std::string image, int days_ago, std::uint64_t size = 1) {
  return {std::move(tag), std::move(image), kNow - hours(24 * days_ago), size, false};
}

TEST(HistoryPolicy, PinsTheNewestMovesOfEachTag) {
  const HistoryPolicy policy{2, 30, 1000};
  const auto verdicts = judge_history({displaced("a", "1", 1), displaced("b", "2", 2), displaced("a", "3", 3),
                                       displaced("a", "4", 4), displaced("b", "5", 5)},
                                      policy, kNow);
  EXPECT_EQ(verdicts, (std::vector{HistoryVerdict::kPinned, HistoryVerdict::kPinned, HistoryVerdict::kPinned,
                                   HistoryVerdict::kTooManyMoves, HistoryVerdict::kPinned}));
}

TEST(HistoryPolicy, LetsGoOfWhatWasDisplacedLongerAgoThanTheDays) {
  const HistoryPolicy policy{10, 30, 1000};
  EXPECT_EQ(judge_history({displaced("a", "1", 30), displaced("a", "2", 31)}, policy, kNow),
            (std::vector{HistoryVerdict::kPinned, HistoryVerdict::kTooOld}));
}

TEST(HistoryPolicy, PassesOverAnImageThatDoesNotFitAndPinsASmallerOlderOne) {
  const HistoryPolicy policy{10, 30, 100};
  EXPECT_EQ(
      judge_history({displaced("a", "1", 1, 60), displaced("a", "2", 2, 50), displaced("a", "3", 3, 40)}, policy, kNow),
      (std::vector{HistoryVerdict::kPinned, HistoryVerdict::kTooManyBytes, HistoryVerdict::kPinned}));
}

TEST(HistoryPolicy, CountsAnImageOnceAndOneInUseNotAtAll) {
  const HistoryPolicy policy{10, 30, 100};
  Displaced used = displaced("a", "u", 1, 5000);
  used.in_use = true;
  EXPECT_EQ(judge_history({used, displaced("a", "1", 2, 100), displaced("b", "1", 3, 100), displaced("b", "2", 4, 1)},
                          policy, kNow),
            (std::vector{HistoryVerdict::kPinned, HistoryVerdict::kPinned, HistoryVerdict::kPinned,
                         HistoryVerdict::kTooManyBytes}));
}

TEST(HistoryPolicy, KeepsNothingWhenABoundIsZero) {
  for (const HistoryPolicy& policy : {HistoryPolicy{0, 30, 100}, HistoryPolicy{10, 0, 100}, HistoryPolicy{10, 30, 0}}) {
    EXPECT_NE(judge_history({displaced("a", "1", 1)}, policy, kNow).at(0), HistoryVerdict::kPinned);
  }
}

TEST(HistoryPolicy, SaysWhy) {
  const HistoryPolicy policy{3, 7, 100};
  EXPECT_EQ(reason(HistoryVerdict::kTooManyMoves, policy), "displaced more than 3 moves of its tag ago");
  EXPECT_EQ(reason(HistoryVerdict::kTooOld, policy), "displaced more than 7 days ago");
}

}  // namespace
}  // namespace davit::policy
