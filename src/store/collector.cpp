#include "store/collector.h"

#include <chrono>
#include <unordered_map>

#include <sys/stat.h>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "oci/content.h"
#include "oci/manifest.h"
#include "policy/reachability.h"
#include "store/journal.h"
#include "store/kept.h"
#include "store/leases.h"
#include "store/store_lock.h"

namespace davit::store {

namespace {

// How long a collection keeps the store's lock in one go, but for a single removal that takes longer.
constexpr std::chrono::milliseconds kStep(20);
constexpr std::uint64_t kAbandonedSeconds = 24 * 60 * 60;  // a partial blob: somebody may still come back for it

// What an image needs, as its record tells.
std::vector<oci::Digest> needs_of(const ImageRecord& record) {
  std::vector<oci::Digest> needs{record.manifest.digest};
  if (record.index) needs.push_back(record.index->digest);
  for (const ImageLayer& layer : record.layers) {
    needs.push_back(layer.blob.digest);
    needs.push_back(layer.diff_id);
  }
  return needs;
}

}  // namespace

Store::Collected Collector::run() {
  const base::FileLock alone = base::FileLock::acquire(root_ / "locks" / "collection");
  Store::Collected collected;
  for (bool more = true; more;) {
    base::check_interrupted();
    const StoreLock lock = StoreLock::acquire_after_others(root_);
    const ImageStore::UnderLock images(images_);
    const auto end = std::chrono::steady_clock::now() + kStep;
    do {
      more = step(collected);
    } while (more && std::chrono::steady_clock::now() < end);
  }
  collected.bytes += remove_partial();
  return collected;
}

Store::Collected Collector::look() {
  const StoreLock lock = StoreLock::acquire(root_);
  const ImageStore::UnderLock images(images_);
  find_garbage();
  return {.blobs = std::move(garbage_blobs_), .layers = std::move(garbage_layers_)};
}

// Not under the store's lock: what is taken from under a download that leases it just now costs that one its head
// start, nothing else.
std::uint64_t Collector::remove_partial() {
  if (!options_.partial) return blobs_.remove_abandoned(kAbandonedSeconds);
  std::unordered_set<oci::Digest> kept;
  {
    const StoreLock lock = StoreLock::acquire_after_others(root_);
    for (oci::Digest& digest : leased(root_)) kept.insert(std::move(digest));
  }
  return blobs_.remove_abandoned(0, kept) + layers_.clean();
}

bool Collector::step(Store::Collected& collected) {
  // Since the last step somebody may have leased what was garbage then, or made an image of it.
  if (const std::string state = state_of_roots(); !found_ || state != seen_) {
    find_garbage();
    seen_ = state_of_roots();  // void leases were removed
    found_ = true;
  }
  // Layers first: a blob without its layer is whole, and a pull unpacks it again without the network.
  if (!garbage_layers_.empty()) {
    collected.bytes += layers_.remove(garbage_layers_.back());
    collected.layers.push_back(std::move(garbage_layers_.back()));
    garbage_layers_.pop_back();
    return true;
  }
  if (!garbage_blobs_.empty()) {
    collected.bytes += blobs_.remove(garbage_blobs_.back());
    collected.blobs.push_back(std::move(garbage_blobs_.back()));
    garbage_blobs_.pop_back();
    return true;
  }
  return false;
}

std::string Collector::state_of_roots() const {
  // Whatever changes an image or a tag appends to the journal.
  return std::to_string(Journal(root_ / "tags.journal").size()) + "\n" + KeptContent(root_).state() + "\n" +
         leases_state(root_);
}

// An index all of whose platforms are here (one that was loaded) keeps them: what is saved or pushed is the index
// again. Of any other one, images have what they need.
void Collector::add_whole_index(const oci::Descriptor& target,
                                std::unordered_map<oci::Digest, std::vector<oci::Digest>>& edges) try {
  if (!oci::media_type::is_index(target.media_type) || edges.contains(target.digest)) return;
  std::vector<oci::Digest> content;
  const bool whole = oci::visit_content(
      target,
      [&](const oci::Descriptor& at) -> std::optional<std::string> {
        return blobs_.read(at.digest, oci::kMaxManifestBytes);
      },
      [&](const oci::Descriptor& at) {
        content.push_back(at.digest);
        return blobs_.size(at.digest).has_value();
      });
  if (!whole) content.clear();
  edges.emplace(target.digest, std::move(content));
} catch (const base::Error& error) {
  base::log::warn("index {} is not read: {}", target.digest.text(), error.message());
}

void Collector::find_garbage() {
  // A process may have died between the journal's line about an image and the index.
  images_.refresh();
  // Temporary files of records whose writer died; nobody writes one while the lock is held.
  for (const std::string& name : base::fs::list(root_ / "images")) {
    if (name.starts_with(".")) base::fs::remove(root_ / "images" / name);
  }
  std::unordered_map<oci::Digest, std::vector<oci::Digest>> edges;
  std::vector<oci::Digest> roots = options_.extra_roots;
  for (const ImageRecord& record : images_.list_images()) {
    roots.push_back(record.id);
    edges[record.id] = needs_of(record);
    if (record.index) add_whole_index(*record.index, edges);
  }
  for (const Tag& tag : images_.list_tags()) {
    roots.push_back(tag.target.digest);
    add_whole_index(tag.target, edges);
  }
  for (const TagMove& move : images_.pinned_moves()) {
    if (!move.from) continue;
    roots.push_back(move.from->digest);
    add_whole_index(*move.from, edges);
  }
  for (oci::Digest& digest : leased(root_)) roots.push_back(std::move(digest));
  for (oci::Digest& digest : KeptContent(root_).digests()) roots.push_back(std::move(digest));

  const auto edges_of = [&](const oci::Digest& node) {
    const auto found = edges.find(node);
    return found == edges.end() ? std::vector<oci::Digest>{} : found->second;
  };
  const auto needed = policy::reachable(roots, edges_of);
  const auto without = [&](std::vector<oci::Digest> all) {
    std::erase_if(all, [&](const oci::Digest& digest) { return needed.contains(digest); });
    return all;
  };
  garbage_blobs_ = without(blobs_.list());
  garbage_layers_ = without(layers_.list());
}

}  // namespace davit::store
