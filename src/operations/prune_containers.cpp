#include "operations/prune_containers.h"

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "container/pins.h"

namespace davit::operations {

namespace {

constexpr std::chrono::minutes kTimeToStart(1);

bool goes(const container::Container& container, const PruneOptions& options, base::Time now) {
  if (container.running() || container.state.status == container::Status::kStarting) return false;
  const base::Time created = container.record.created;
  if (options.created_before && created > *options.created_before) return false;
  if (options.match_labels && !options.match_labels(container.record.description.labels)) return false;
  const bool never_started = container.state.status == container::Status::kCreated && container.state.error.empty();
  return !never_started || now - created > kTimeToStart;
}

}  // namespace

PrunedContainers prune_containers(container::ContainerStore& containers, const PruneOptions& options) {
  PrunedContainers pruned;
  const base::Time now = base::now();
  for (const container::Container& container : containers.list()) {
    if (!goes(container, options, now)) continue;
    try {
      const auto holders = container::pin_holders(containers.hold(container.id()));
      if (!holders.empty()) {
        pruned.kept.push_back({container.id(), base::join(holders, ", ")});
        continue;
      }
      pruned.bytes += containers.remove(container.id());
      pruned.ids.push_back(container.id());
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      // It runs by now, somebody else removed it, or its remains stay: the others go all the same.
      base::log::warn("container {} stays: {}", container.id().substr(0, 12), error.message());
    }
  }
  return pruned;
}

}  // namespace davit::operations
