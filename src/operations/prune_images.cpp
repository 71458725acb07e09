#include "operations/prune_images.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "operations/deleted_layers.h"
#include "operations/image_use_lock.h"
#include "policy/prune.h"
#include "store/pins.h"
#include "transfer/image_content.h"

namespace davit::operations {

namespace {

using base::Error;

// In one step of the journal, whose lines are to stay small.
constexpr std::size_t kMostAtOnce = 500;

class Pruner {
 public:
  Pruner(store::Store& store, const ListUses& list_uses, const PruneOptions& options)
      : store_(store),
        options_(options),
        pins_(store.root()),
        lock_(lock_image_use(store, base::FileLock::Mode::kExclusive)) {
    for (ImageUse& use : list_uses()) used_.insert(std::move(use.image));
  }

  PrunedImages run() {
    while (remove_some()) {
    }
    store::Store::CollectOptions collect = {.extra_roots = {used_.begin(), used_.end()}, .partial = true};
    pruned_.bytes += store_.collect(collect).bytes;
    return std::move(pruned_);
  }

 private:
  // Judges and removes under the store's lock: no tag can come to an image in between. False when nothing was left.
  bool remove_some() {
    std::vector<store::ImageRecord> all, going;
    store::Change change;
    store_.images().apply([&] {
      all = store_.images().list_images();
      find_names();
      for (const store::ImageRecord& image : all) {
        if (going.size() < kMostAtOnce && goes(image)) going.push_back(image);
      }
      change = change_for(going);
      return change;
    });
    DeletedLayers layers(all);
    for (const store::ImageRecord& image : going) {
      RemovedImage removed;
      for (const oci::Reference& name : names_[image.id]) removed.untagged.push_back(name.familiar());
      removed.deleted = layers.remove(image);
      pruned_.images.push_back(std::move(removed));
    }
    return going.size() == kMostAtOnce;
  }

  void find_names() {
    names_.clear();
    for (store::Tag& tag : store_.images().list_tags()) names_[tag.image].push_back(std::move(tag.reference));
    const auto pinned = store_.images().pinned_by_history();
    pinned_ = {pinned.begin(), pinned.end()};
  }

  bool goes(const store::ImageRecord& image) {
    policy::PruneCandidate candidate = {
        .in_use = used_.contains(image.id), .pinned = pinned_.contains(image.id), .created = image.created};
    for (const oci::Reference& name : names_[image.id]) candidate.tagged |= name.tag().has_value();
    candidate.labels_match = labels_match(image);
    const auto verdict = policy::judge_prune(candidate, {options_.all, options_.created_before});
    base::log::debug("prune: image {}: {}", image.id.short_hex(), policy::reason(verdict));
    return verdict == policy::PruneVerdict::kRemove && !is_held(image.id);
  }

  bool is_held(const oci::Digest& image) {
    const auto holders = pins_.holders(image);
    if (holders.empty()) return false;
    // Asked of anew by each step of a removal in several.
    const bool told = std::any_of(pruned_.kept.begin(), pruned_.kept.end(),
                                  [&](const Kept& kept) { return kept.id == image.text(); });
    if (!told) pruned_.kept.push_back({image.text(), base::join(holders, ", ")});
    return true;
  }

  bool labels_match(const store::ImageRecord& image) const {
    if (!options_.match_labels) return true;
    try {
      const auto config = transfer::read_config(store_, image);
      return options_.match_labels(config ? config->config.labels : Labels());
    } catch (const Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      base::log::warn("image {} stays, as its labels cannot be read: {}", image.id.short_hex(), error.message());
      return false;
    }
  }

  store::Change change_for(const std::vector<store::ImageRecord>& going) {
    store::Change change = {.command = "prune"};
    for (const store::ImageRecord& image : going) {
      for (const oci::Reference& name : names_[image.id]) change.remove_tags.push_back(name);
      change.mark_gone.push_back(image.id);
      change.remove_images.push_back(image.id);
      pruned_.bytes += store_.images().record_disk_bytes(image.id);
    }
    return change;
  }

  store::Store& store_;
  const PruneOptions& options_;
  store::ImagePins pins_;
  base::FileLock lock_;
  std::unordered_set<oci::Digest> used_, pinned_;
  std::unordered_map<oci::Digest, std::vector<oci::Reference>> names_;  // of each image, tags before digests
  PrunedImages pruned_;
};

}  // namespace

PrunedImages prune_images(store::Store& store, const ListUses& list_uses, const PruneOptions& options) try {
  return Pruner(store, list_uses, options).run();
} catch (Error& e) {
  e.add_frame("while pruning images");
  throw;
}

}  // namespace davit::operations
