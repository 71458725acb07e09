#include "operations/remove_image.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "codec/hash.h"
#include "operations/find_image.h"
#include "operations/image_use_lock.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;

// OCI image-spec config.md, "Layer ChainID": bottom first.
std::vector<oci::Digest> chain_ids(const store::ImageRecord& record) {
  std::vector<oci::Digest> chain;
  for (const store::ImageLayer& layer : record.layers) {
    chain.push_back(chain.empty() ? layer.diff_id : codec::digest_of(chain.back().text() + " " + layer.diff_id.text()));
  }
  return chain;
}

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

class Remover {
 public:
  Remover(store::Store& store, const ListUses& list_uses, bool force)
      : store_(store),
        lock_(lock_image_use(store, base::FileLock::Mode::kExclusive)),
        uses_(list_uses()),
        force_(force) {}

  RemovedImage remove(const std::string& text) {
    const FoundImage found = get_image(store_.images(), text);
    if (found.reference) {
      remove_by_name(found, text);
    } else {
      remove_by_id(found.record);
    }
    return std::move(removed_);
  }

 private:
  void remove_by_name(const FoundImage& found, const std::string& text) {
    const std::vector<store::Tag> before = store_.images().tags_of(found.record.id);
    if (is_single_reference(before)) refuse_while_used(found.record, text);
    untag(*found.reference);
    // A repository's digests go with its last tag.
    std::vector<store::Tag> left = store_.images().tags_of(found.record.id);
    if (found.reference->tag() && !has_tag_in(left, found.reference->repository())) {
      for (const store::Tag& tag : left) {
        if (tag.reference.repository() == found.reference->repository()) untag(tag.reference);
      }
      left = store_.images().tags_of(found.record.id);
    }
    if (left.empty()) delete_image(found.record);
  }

  void remove_by_id(const store::ImageRecord& record) {
    const std::vector<store::Tag> tags = store_.images().tags_of(record.id);
    if (const ImageUse* use = find_use(uses_, record.id)) {
      throw Error::format(Code::kConflict,
                          "conflict: unable to delete {} ({} be forced) - image is being used by {} container {}",
                          record.id.short_hex(), use->running || force_ ? "cannot" : "must",
                          use->running ? "running" : "stopped", short_id(use->container));
    }
    if (!force_ && !tags.empty() && !is_single_reference(tags)) {
      throw Error::format(
          Code::kConflict,
          "conflict: unable to delete {} (must be forced) - image is referenced in multiple repositories",
          record.id.short_hex());
    }
    for (const store::Tag& tag : tags) untag(tag.reference);
    delete_image(record);
  }

  void refuse_while_used(const store::ImageRecord& record, const std::string& text) const {
    if (const ImageUse* use = find_use(uses_, record.id)) {
      throw Error::format(Code::kConflict,
                          "conflict: unable to remove repository reference \"{}\" (must force) - container {} is using "
                          "its referenced image {}",
                          text, short_id(use->container), record.id.short_hex());
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

  void untag(const oci::Reference& reference) {
    if (store_.images().remove_tag(reference, "rmi")) removed_.untagged.push_back(reference.familiar());
  }

  void delete_image(const store::ImageRecord& record) {
    std::set<oci::Digest> kept;
    for (const store::ImageRecord& other : store_.images().list_images()) {
      if (other.id == record.id) continue;
      for (const oci::Digest& chain : chain_ids(other)) kept.insert(chain);
    }
    store_.images().mark_gone(record.id);
    store_.images().remove_image(record.id);
    removed_.deleted.push_back(record.id);
    const std::vector<oci::Digest> chain = chain_ids(record);
    for (auto id = chain.rbegin(); id != chain.rend(); ++id) {
      if (kept.insert(*id).second) removed_.deleted.push_back(*id);
    }
    std::vector<oci::Digest> used;
    for (const ImageUse& use : uses_) used.push_back(use.image);
    store_.collect(used);
  }

  store::Store& store_;
  base::FileLock lock_;
  std::vector<ImageUse> uses_;
  bool force_;
  RemovedImage removed_;
};

}  // namespace

RemovedImage remove_image(store::Store& store, const ListUses& list_uses, const std::string& text, bool force) try {
  return Remover(store, list_uses, force).remove(text);
} catch (Error& e) {
  e.add_frame("while removing image '{}'", text);
  throw;
}

}  // namespace davit::operations
