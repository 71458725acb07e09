#include "operations/prune_build_cache.h"

#include "base/file_lock.h"
#include "base/fs/paths.h"
#include "operations/image_use_lock.h"
#include "store/kept.h"

namespace davit::operations {

namespace fs = base::fs;

namespace {

constexpr std::string_view kLockSuffix = ".lock";

// RUN's caches: a folder each, and a lock beside those that one build has alone.
std::uint64_t remove_run_caches(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& name : fs::list(folder)) {
    if (name.ends_with(kLockSuffix)) continue;
    const auto lock = base::FileLock::try_acquire((folder / name).string() + std::string(kLockSuffix));
    if (lock) bytes += fs::remove_tree(folder / name);
  }
  return bytes;
}

}  // namespace

PrunedBuildCache prune_build_cache(store::Store& store, const ListUses& list_uses, const BuildCacheOptions& options) {
  PrunedBuildCache pruned;
  const store::KeptContent kept(store.root());
  for (const auto& name : kept.names()) {
    if (options.unused_since && kept.last_use(name) >= *options.unused_since) continue;
    kept.remove(name);
    ++pruned.steps;
  }
  if (options.all) pruned.bytes += remove_run_caches(store.root() / "build" / "caches");
  const auto lock = lock_image_use(store, base::FileLock::Mode::kExclusive);
  store::Store::CollectOptions collect;
  for (const auto& use : list_uses()) collect.extra_roots.push_back(use.image);
  pruned.bytes += store.collect(collect).bytes;
  return pruned;
}

}  // namespace davit::operations
