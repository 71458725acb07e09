#include "operations/remove_image.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "operations/deleted_layers.h"
#include "operations/find_image.h"
#include "operations/image_use_lock.h"
#include "operations/image_users.h"
#include "store/pins.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;

constexpr int kAttempts = 20;  // each ended by new containers of the image

const ImageUse* find_use(const std::vector<ImageUse>& uses, const oci::Digest& image) {
  const ImageUse* stopped = nullptr;
  for (const ImageUse& use : uses) {
    if (use.image != image) continue;
    if (use.running) return &use;
    stopped = &use;
  }
  return stopped;
}

std::string short_id(const std::string& container) { return container.substr(0, 12); }

// One attempt, under the lock.
class Remover {
 public:
  Remover(store::Store& store, container::ContainerStore& containers, bool force)
      : store_(store),
        pins_(store.root()),
        lock_(lock_image_use(store, base::FileLock::Mode::kExclusive)),
        uses_(list_uses(containers)),
        force_(force) {}

  // Nothing when it is to go by force and containers use it: they are users().
  std::optional<RemovedImage> remove(const std::string& text) {
    store::Change change;
    std::optional<store::ImageRecord> record;
    std::optional<DeletedLayers> layers;
    const auto before = store_.images().apply([&] {
      const FoundImage found = get_image(store_.images(), text);
      change = found.reference ? change_for_name(found, text) : change_for_id(found.record);
      change.command = "rmi";
      record = found.record;
      if (change.remove_images.empty()) return change;
      refuse_while_pinned(found.record);
      find_users(found.record);
      if (!users_.empty()) return store::Change();
      layers.emplace(store_.images().list_images());
      return change;
    });
    if (!users_.empty()) return std::nullopt;
    RemovedImage removed;
    for (std::size_t i = 0; i < change.remove_tags.size(); ++i) {
      if (before.removed[i]) removed.untagged.push_back(change.remove_tags[i].familiar());
    }
    if (!change.remove_images.empty()) {
      removed.deleted = layers->remove(*record);
      collect();
    }
    return removed;
  }

  const std::vector<ImageUse>& users() const { return users_; }

 private:
  store::Change change_for_name(const FoundImage& found, const std::string& text) const {
    std::vector<store::Tag> left = store_.images().tags_of(found.record.id);
    if (is_single_reference(left) && !force_) refuse_while_used(found.record, text);
    store::Change change = {.remove_tags = {*found.reference}};
    std::erase_if(left, [&](const store::Tag& tag) { return tag.reference == *found.reference; });
    // A repository's digests go with its last tag.
    if (found.reference->tag() && !has_tag_in(left, found.reference->repository())) {
      std::erase_if(left, [&](const store::Tag& tag) {
        const bool goes = tag.reference.repository() == found.reference->repository();
        if (goes) change.remove_tags.push_back(tag.reference);
        return goes;
      });
    }
    if (left.empty()) remove_record(found.record, change);
    return change;
  }

  store::Change change_for_id(const store::ImageRecord& record) const {
    const std::vector<store::Tag> tags = store_.images().tags_of(record.id);
    const ImageUse* use = find_use(uses_, record.id);
    if (use != nullptr && !force_) {
      throw Error::format(Code::kConflict,
                          "conflict: unable to delete {} (must be forced) - image is being used by {} container {}",
                          record.id.short_hex(), use->running ? "running" : "stopped", short_id(use->container));
    }
    if (!force_ && !tags.empty() && !is_single_reference(tags)) {
      throw Error::format(
          Code::kConflict,
          "conflict: unable to delete {} (must be forced) - image is referenced in multiple repositories",
          record.id.short_hex());
    }
    store::Change change;
    for (const store::Tag& tag : tags) change.remove_tags.push_back(tag.reference);
    remove_record(record, change);
    return change;
  }

  static void remove_record(const store::ImageRecord& record, store::Change& change) {
    change.mark_gone.push_back(record.id);
    change.remove_images.push_back(record.id);
  }

  void refuse_while_used(const store::ImageRecord& record, const std::string& text) const {
    if (const ImageUse* use = find_use(uses_, record.id)) {
      throw Error::format(Code::kConflict,
                          "conflict: unable to remove repository reference \"{}\" (must force) - container {} is using "
                          "its referenced image {}",
                          text, short_id(use->container), record.id.short_hex());
    }
  }

  void refuse_while_pinned(const store::ImageRecord& record) const {
    const std::vector<std::string> holders = pins_.holders(record.id);
    if (holders.empty()) return;
    throw Error::format(Code::kConflict, "conflict: unable to delete {} (cannot be forced) - image is pinned by {}",
                        record.id.short_hex(), base::join(holders, ", "));
  }

  void find_users(const store::ImageRecord& record) {
    for (const ImageUse& use : uses_) {
      if (use.image == record.id) users_.push_back(use);
    }
  }

  // Docker's notion: all references are of one repository, and at most one of them is a tag.
  static bool is_single_reference(const std::vector<store::Tag>& tags) {
    if (tags.empty()) return true;
    std::size_t named = 0;
    for (const store::Tag& tag : tags) {
      if (tag.reference.repository() != tags.front().reference.repository()) return false;
      if (tag.reference.tag()) ++named;
    }
    return named <= 1;
  }

  static bool has_tag_in(const std::vector<store::Tag>& tags, const oci::RepositoryName& repository) {
    return std::any_of(tags.begin(), tags.end(), [&](const store::Tag& tag) {
      return tag.reference.tag() && tag.reference.repository() == repository;
    });
  }

  void collect() {
    std::vector<oci::Digest> used;
    for (const ImageUse& use : uses_) used.push_back(use.image);
    store_.collect({.extra_roots = std::move(used)});
  }

  store::Store& store_;
  store::ImagePins pins_;
  base::FileLock lock_;
  std::vector<ImageUse> uses_, users_;
  bool force_;
};

}  // namespace

std::vector<ImageUse> list_uses(container::ContainerStore& containers) {
  std::vector<ImageUse> uses;
  for (const auto& container : containers.list(container::ContainerStore::Unreadable::kThrow)) {
    if (!container.record.description.image) continue;
    uses.push_back({.image = *container.record.description.image,
                    .container = container.record.id,
                    .name = container.name(),
                    .running = container.running()});
  }
  return uses;
}

RemovedImage remove_image(store::Store& store, container::ContainerStore& containers, const std::string& text,
                          const RemoveImageOptions& options) try {
  ImageUsers users(containers, options);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::optional<Remover> remover(std::in_place, store, containers, options.force);
    if (auto removed = remover->remove(text)) return std::move(*removed);
    const std::vector<ImageUse> in_the_way = remover->users();
    remover.reset();
    users.remove(in_the_way.front().image, in_the_way);
  }
  throw Error::format(Code::kConflict, "conflict: unable to remove \"{}\" - containers of it are made again and again",
                      text);
} catch (Error& e) {
  e.add_frame("while removing image '{}'", text);
  throw;
}

}  // namespace davit::operations
