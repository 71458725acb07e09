#pragma once
// Images, tags and the history of tags on this machine. The journal is the truth, SQLite is the index and is rebuilt
// from it when it is lost or older (docs/formats/journal.md, store.md). Safe for use by any number of
// processes; one ImageStore object is for one thread at a time.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "oci/descriptor.h"
#include "oci/reference.h"
#include "policy/history.h"

namespace davit::store {

struct ImageLayer {
  oci::Descriptor blob;
  oci::Digest diff_id;
};

// An image that is here: one platform's manifest with its config and layers. docs/formats/store.md, "Image records".
struct ImageRecord {
  oci::Digest id;                        // digest of the config
  oci::Descriptor manifest;              // of the platform
  std::optional<oci::Descriptor> index;  // the index it came by, if it did
  std::vector<ImageLayer> layers;        // bottom first
  std::uint64_t size = 0;                // bytes unpacked: docker's "Size"
  std::optional<base::Time> created;     // the config's
  base::Time added;                      // when it came here
};

// What lists show of an image: its record without its parts.
struct ImageSummary {
  oci::Digest id;
  std::uint64_t size = 0;  // bytes unpacked
  std::optional<base::Time> created;
};

// A name's current meaning. A tag names the top-level descriptor as received (index or manifest).
struct Tag {
  oci::Reference reference;  // with a tag, or with a digest only (a pull by digest, or a repository digest)
  oci::Descriptor target;
  oci::Digest image;  // the ID of the chosen platform's image
};

// One move of a tag. An absent `to` is a removal.
struct TagMove {
  std::uint64_t sequence = 0;  // of the change that it was part of
  base::Time when;
  std::string command;  // "pull", "tag", "import", "rmi", "restore", …: what the user typed, without secrets
  oci::Reference reference;
  std::optional<oci::Descriptor> from, to;
  std::optional<oci::Digest> from_image, to_image;
  bool gone = false;  // the content of `to` was freed by an explicit rmi or prune
};

// What an overwrite displaced stays pinned within these bounds (architecture, decision 9).
using HistoryPolicy = policy::HistoryPolicy;

// What happens as one step: after a crash at any point all of it has happened or none. In this order.
struct Change {
  std::string command;  // for the history
  std::vector<ImageRecord> add_images;
  std::vector<oci::Reference> remove_tags;
  std::vector<Tag> set_tags;  // no reference twice, here and above
  std::vector<oci::Digest> mark_gone;
  std::vector<oci::Digest> remove_images;
};

// What the references of a change meant before it, element by element.
struct TagsBefore {
  std::vector<std::optional<Tag>> removed, set;
};

class ImageStore {
 public:
  struct Options {
    std::filesystem::path root;
    HistoryPolicy history;
  };
  explicit ImageStore(Options options);
  ~ImageStore();

  // Makes the change, durably. Each part keeps to what is said at the function below that does it alone; what is so
  // already is not recorded. Where one part is refused nothing happens.
  TagsBefore apply(const Change& change);
  // The same for a change that depends on what is here: between `make`, which may ask this store but change nothing,
  // and the change nobody else changes anything.
  TagsBefore apply(const std::function<Change()>& make);

  // Images.
  // Durable on return. The caller holds a lease on the image's content. An image that is here already keeps `added`,
  // and the index it came by where the new record has none.
  void add_image(const ImageRecord& record);
  std::optional<ImageRecord> find_image(const oci::Digest& id) const;
  std::vector<ImageRecord> list_images() const;      // newest `created` first
  std::vector<ImageSummary> list_summaries() const;  // the same images in the same order, at a fraction of the cost
  // Images whose ID begins with the hex digits ("sha256:" allowed before them).
  std::vector<ImageRecord> find_images_by_prefix(std::string_view prefix) const;
  // The record alone; content is the caller's to free. Idempotent. Throws Error(kConflict) while a tag means the image
  // (one may have been set since the caller looked).
  void remove_image(const oci::Digest& id);

  // Bytes of disk of the copy of its record, which go with it.
  std::uint64_t record_disk_bytes(const oci::Digest& id) const;

  // Tags and repository digests.
  std::optional<Tag> find_tag(const oci::Reference& reference) const;
  std::vector<Tag> list_tags() const;
  std::vector<Tag> tags_of(const oci::Digest& image) const;  // tags and repository digests that mean the image
  // Makes the reference mean the target; journalled, durable on return. Throws Error(kNotFound) when the image is not
  // here. Returns the meaning before. Setting what is set already records nothing. Repository digests (reference with a
  // digest only) are kept in the journal too but have no history.
  std::optional<Tag> set_tag(const Tag& tag, const std::string& command);
  std::optional<Tag> remove_tag(const oci::Reference& reference, const std::string& command);

  // Every move of a tag, newest first: element N is name:tag@{N}.
  std::vector<TagMove> history(const oci::Reference& reference) const;
  // Marks all history entries that mean the image as gone (explicit rmi, prune -a).
  void mark_gone(const oci::Digest& image);
  // Images that an overwrite displaced and that policy still keeps.
  std::vector<oci::Digest> pinned_by_history() const;
  // The moves that displaced them, newest first: `from` is what is kept, for which tag, since when.
  std::vector<TagMove> pinned_moves() const;
  // The moves by which tags came to mean another image than this one, newest first, and what policy says of keeping it
  // for each.
  struct Displacement {
    TagMove move;
    policy::HistoryVerdict verdict;
  };
  std::vector<Displacement> displacements_of(const oci::Digest& image) const;

  // Drops the SQLite index and makes it anew from the journal; image records that the journal never spoke of (its lines
  // are lost) are taken up again.
  void rebuild_index();

 private:
  friend class Collector;
  class UnderLock;
  void refresh();
  std::vector<Displacement> displacements() const;  // of all images that are here

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::store
