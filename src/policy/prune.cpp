#include "policy/prune.h"

namespace davit::policy {

PruneVerdict judge_prune(const PruneCandidate& candidate, const PruneRule& rule) {
  if (candidate.in_use) return PruneVerdict::kInUse;
  if (!candidate.labels_match) return PruneVerdict::kOtherLabels;
  if (rule.created_before && candidate.created && *candidate.created > *rule.created_before)
    return PruneVerdict::kTooYoung;
  if (rule.all) return PruneVerdict::kRemove;
  if (candidate.tagged) return PruneVerdict::kTagged;
  return candidate.pinned ? PruneVerdict::kPinned : PruneVerdict::kRemove;
}

std::string_view reason(PruneVerdict verdict) {
  switch (verdict) {
    case PruneVerdict::kRemove:
      return "nothing needs it";
    case PruneVerdict::kInUse:
      return "a container uses it";
    case PruneVerdict::kOtherLabels:
      return "its labels are not those asked for";
    case PruneVerdict::kTooYoung:
      return "it was created later than asked for";
    case PruneVerdict::kTagged:
      return "it has a tag";
    case PruneVerdict::kPinned:
      return "kept by the history of its tag";
  }
  return {};
}

}  // namespace davit::policy
