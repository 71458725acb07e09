#include "policy/history.h"

#include <unordered_map>
#include <unordered_set>

#include <fmt/core.h>

namespace davit::policy {

std::string reason(HistoryVerdict verdict, const HistoryPolicy& policy) {
  switch (verdict) {
    case HistoryVerdict::kPinned:
      return "kept by the history of its tag";
    case HistoryVerdict::kTooManyMoves:
      return fmt::format("displaced more than {} moves of its tag ago", policy.moves);
    case HistoryVerdict::kTooOld:
      return fmt::format("displaced more than {} days ago", policy.days);
    case HistoryVerdict::kTooManyBytes:
      return fmt::format("history would keep more than {} bytes", policy.bytes);
  }
  return {};
}

std::vector<HistoryVerdict> judge_history(const std::vector<Displaced>& displaced, const HistoryPolicy& policy,
                                          base::Time now) {
  std::unordered_map<std::string, unsigned> moves_of_tag;
  std::unordered_set<std::string> counted;  // images whose bytes are in the sum
  std::uint64_t bytes = 0;
  std::vector<HistoryVerdict> verdicts;
  verdicts.reserve(displaced.size());
  for (const Displaced& entry : displaced) {
    if (++moves_of_tag[entry.tag] > policy.moves) {
      verdicts.push_back(HistoryVerdict::kTooManyMoves);
    } else if (now - entry.when > std::chrono::hours(24) * std::int64_t{policy.days}) {
      verdicts.push_back(HistoryVerdict::kTooOld);
    } else if (entry.in_use || counted.contains(entry.image)) {
      verdicts.push_back(HistoryVerdict::kPinned);
    } else if (entry.size > policy.bytes - bytes) {
      verdicts.push_back(HistoryVerdict::kTooManyBytes);
    } else {
      bytes += entry.size;
      counted.insert(entry.image);
      verdicts.push_back(HistoryVerdict::kPinned);
    }
  }
  return verdicts;
}

}  // namespace davit::policy
