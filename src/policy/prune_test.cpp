#include "policy/prune.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace davit::policy {
namespace {

constexpr base::Time kNoon(std::chrono::hours(12));
using std::chrono::hours;

TEST(Prune, TakesWhatIsDangling) {
  EXPECT_EQ(judge_prune({}, {}), PruneVerdict::kRemove);
  EXPECT_EQ(judge_prune({.tagged = true}, {}), PruneVerdict::kTagged);
  EXPECT_EQ(judge_prune({.pinned = true}, {}), PruneVerdict::kPinned);
}

TEST(Prune, OfAllTakesWhatHasATagOrAPinToo) {
  EXPECT_EQ(judge_prune({.tagged = true, .pinned = true}, {.all = true}), PruneVerdict::kRemove);
}

TEST(Prune, UntilKeepsWhatIsYounger) {
  const PruneRule rule = {.all = true, .created_before = kNoon};
  EXPECT_EQ(judge_prune({.created = kNoon + hours(1)}, rule), PruneVerdict::kTooYoung);
  EXPECT_EQ(judge_prune({.created = kNoon}, rule), PruneVerdict::kRemove);
  EXPECT_EQ(judge_prune({.created = kNoon - hours(1)}, rule), PruneVerdict::kRemove);
  EXPECT_EQ(judge_prune({.created = {}}, rule), PruneVerdict::kRemove);
}

TEST(Prune, EveryVerdictHasAReasonOfItsOwn) {
  std::set<std::string_view> reasons;
  for (const auto verdict : {PruneVerdict::kRemove, PruneVerdict::kInUse, PruneVerdict::kOtherLabels,
                             PruneVerdict::kTooYoung, PruneVerdict::kTagged, PruneVerdict::kPinned}) {
    EXPECT_FALSE(reason(verdict).empty());
    EXPECT_TRUE(reasons.insert(reason(verdict)).second);
  }
}

RC_GTEST_PROP(Prune, NeverTakesWhatIsInUseOrHasOtherLabels, (bool all, bool tagged, bool pinned, bool in_use)) {
  const PruneCandidate candidate = {
      .in_use = in_use, .tagged = tagged, .pinned = pinned, .created = {}, .labels_match = !in_use};
  RC_ASSERT(judge_prune({.in_use = true, .tagged = tagged, .pinned = pinned}, {.all = all}) == PruneVerdict::kInUse);
  RC_ASSERT(judge_prune({.tagged = tagged, .pinned = pinned, .labels_match = false}, {.all = all}) ==
            PruneVerdict::kOtherLabels);
  RC_ASSERT((judge_prune(candidate, {.all = true}) == PruneVerdict::kRemove) == !in_use);
}

}  // namespace
}  // namespace davit::policy
