#pragma once
// Which images the history of tags keeps: what an overwrite displaced stays within reach of `tags restore` for a while
// (architecture, decision 9). A pure function; each answer with its reason.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace davit::policy {

// An overwritten image stays pinned while it is within all three bounds.
struct HistoryPolicy {
  unsigned moves = 10;                   // of one tag, the newest
  unsigned days = 30;                    // since it was displaced
  std::uint64_t bytes = 10'000'000'000;  // of all that is pinned, unpacked
};

// An image that a tag meant until it was made to mean another.
struct Displaced {
  std::string tag;
  std::string image;
  base::Time when;         // when it was displaced
  std::uint64_t size = 0;  // unpacked
  bool in_use = false;     // some tag means it now: pinning it costs nothing
};

enum class HistoryVerdict { kPinned, kTooManyMoves, kTooOld, kTooManyBytes };

// "kept by the history of its tag", "more than 10 moves ago", …: for users.
std::string reason(HistoryVerdict verdict, const HistoryPolicy& policy);

// One verdict for each displacement. `displaced` is in the order in which they happened, newest first. The bytes of an
// image count once; one that does not fit is passed over, and smaller, older ones may still be pinned.
std::vector<HistoryVerdict> judge_history(const std::vector<Displaced>& displaced, const HistoryPolicy& policy,
                                          base::Time now);

}  // namespace davit::policy
