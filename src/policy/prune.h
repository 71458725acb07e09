#pragma once
// Which images a prune takes. A pure function; each answer with its reason.

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace davit::policy {

struct PruneRule {
  bool all = false;  // also what has a tag, and what history pins
  std::optional<base::Time> created_before;
};

struct PruneCandidate {
  bool in_use = false;                // by a container
  bool tagged = false;                // a name with a digest alone is no tag
  bool pinned = false;                // by the history of a tag
  std::optional<base::Time> created;  // one without a date is older than any other, as for docker
  bool labels_match = true;
};

enum class PruneVerdict { kRemove, kInUse, kOtherLabels, kTooYoung, kTagged, kPinned };

PruneVerdict judge_prune(const PruneCandidate& candidate, const PruneRule& rule);

// "a container uses it", "kept by the history of its tag", …: for users.
std::string_view reason(PruneVerdict verdict);

}  // namespace davit::policy
