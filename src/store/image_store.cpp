#include "store/image_store.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/strings.h"
#include "store/collector.h"
#include "store/image_store_state.h"
#include "store/store_lock.h"

namespace davit::store {

using base::Code;
using base::Error;

namespace {

bool same(const Tag& a, const Tag& b) { return a.target == b.target && a.image == b.image; }

void check_reference(const oci::Reference& reference) {
  if (reference.tag().has_value() == reference.digest().has_value()) {
    throw Error::format(Code::kInvalidArgument, "'{}' has both or neither of a tag and a digest", reference.text());
  }
}

// What a change comes to in a store that is as the index says. Throws where a part of it cannot be.
class Planner {
 public:
  Planner(Index& index, const Change& change) : index_(index), change_(change) {}

  std::vector<Event> events() {
    for (const ImageRecord& record : change_.add_images) add(record);
    for (const oci::Reference& reference : change_.remove_tags) remove(reference);
    for (const Tag& tag : change_.set_tags) set(tag);
    for (const oci::Digest& image : change_.mark_gone) {
      if (index_.has_move_to(image)) events_.emplace_back(ImageGone{image});
    }
    for (const oci::Digest& image : change_.remove_images) remove(image);
    return std::move(events_);
  }

  TagsBefore before() { return std::move(before_); }

 private:
  void add(const ImageRecord& record) {
    ImageRecord merged = record;
    added_.insert(record.id);
    if (const auto before = index_.find_image(record.id)) {
      merged.added = before->added;
      if (!merged.index) merged.index = before->index;
      if (write_record(merged) == write_record(*before)) return;
    }
    events_.emplace_back(ImageAdded{std::move(merged)});
  }

  void set(const Tag& tag) {
    claim(tag.reference);
    if (!added_.contains(tag.image) && !index_.find_image(tag.image)) {
      throw Error::format(Code::kNotFound, "No such image: {}", tag.image.text());
    }
    const auto& before = before_.set.emplace_back(index_.find_tag(tag.reference));
    if (!before || !same(*before, tag)) move(tag.reference, before, &tag);
  }

  void remove(const oci::Reference& reference) {
    claim(reference);
    const auto& before = before_.removed.emplace_back(index_.find_tag(reference));
    if (before) move(reference, before, nullptr);
  }

  void move(const oci::Reference& reference, const std::optional<Tag>& from, const Tag* to) {
    TagMove& move = std::get<TagMove>(events_.emplace_back(TagMove()));
    move.reference = reference;
    if (from) {
      move.from = from->target;
      move.from_image = from->image;
    }
    if (to != nullptr) {
      move.to = to->target;
      move.to_image = to->image;
    }
  }

  void remove(const oci::Digest& image) {
    if (added_.contains(image)) {
      throw Error::format(Code::kInvalidArgument, "image {} is to come and to go at once", image.short_hex());
    }
    for (const Tag& tag : index_.tags_of(image)) {
      if (!claimed_.contains(tag.reference)) refuse_tagged(image, tag.reference);
    }
    for (const Tag& tag : change_.set_tags) {
      if (tag.image == image) refuse_tagged(image, tag.reference);
    }
    if (index_.find_image(image)) events_.emplace_back(ImageRemoved{image});
  }

  // A reference has one meaning after a change.
  void claim(const oci::Reference& reference) {
    check_reference(reference);
    if (!claimed_.insert(reference).second) {
      throw Error::format(Code::kInvalidArgument, "'{}' is to move twice at once", reference.text());
    }
  }

  [[noreturn]] static void refuse_tagged(const oci::Digest& image, const oci::Reference& reference) {
    throw Error::format(Code::kConflict, "image {} is still tagged '{}'", image.short_hex(), reference.familiar());
  }

  Index& index_;
  const Change& change_;
  std::set<oci::Reference> claimed_;
  std::set<oci::Digest> added_;
  std::vector<Event> events_;
  TagsBefore before_;
};

}  // namespace

ImageStore::ImageStore(Options options) : state_(std::make_unique<State>(std::move(options))) {}
ImageStore::~ImageStore() = default;

void ImageStore::refresh() { state_->refresh(); }

ImageStore::UnderLock::UnderLock(ImageStore& images) : images_(images) { images_.state_->under_lock = true; }
ImageStore::UnderLock::~UnderLock() { images_.state_->under_lock = false; }

TagsBefore ImageStore::apply(const std::function<Change()>& make) {
  if (state_->under_lock) throw Error(Code::kInternal, "a change of images inside another one");
  const StoreLock lock = StoreLock::acquire(state_->options.root);
  const UnderLock held(*this);
  state_->refresh();
  const Change change = make();
  const Journal::Position end = state_->refresh();
  Planner planner(*state_->index, change);
  std::vector<Event> events = planner.events();
  if (!events.empty()) state_->commit(end, change.command, std::move(events));
  return planner.before();
}

TagsBefore ImageStore::apply(const Change& change) {
  return apply([&] { return change; });
}

void ImageStore::add_image(const ImageRecord& record) { apply(Change{.add_images = {record}}); }

void ImageStore::remove_image(const oci::Digest& id) { apply(Change{.remove_images = {id}}); }

std::optional<ImageRecord> ImageStore::find_image(const oci::Digest& id) const {
  return state_->ask([&](Index& index) { return index.find_image(id); });
}

std::vector<ImageRecord> ImageStore::list_images() const {
  return state_->ask([](Index& index) { return index.list_images(); });
}

std::vector<ImageSummary> ImageStore::list_summaries() const {
  return state_->ask([](Index& index) { return index.list_summaries(); });
}

std::vector<ImageRecord> ImageStore::find_images_by_prefix(std::string_view prefix) const {
  std::vector<std::string> algorithms{"sha256:", "sha512:"};
  for (const std::string& algorithm : {std::string("sha256:"), std::string("sha512:")}) {
    if (!prefix.starts_with(algorithm)) continue;
    prefix.remove_prefix(algorithm.size());
    algorithms = {algorithm};
    break;
  }
  if (!base::is_hex(prefix)) return {};
  return state_->ask([&](Index& index) {
    std::vector<ImageRecord> found;
    for (const std::string& algorithm : algorithms) {
      const std::string first = algorithm + std::string(prefix);
      for (ImageRecord& record : index.find_images_between(first, first + "g")) found.push_back(std::move(record));
    }
    return found;
  });
}

std::uint64_t ImageStore::record_disk_bytes(const oci::Digest& id) const { return state_->records.disk_bytes(id); }

std::optional<Tag> ImageStore::find_tag(const oci::Reference& reference) const {
  return state_->ask([&](Index& index) { return index.find_tag(reference); });
}

std::vector<Tag> ImageStore::list_tags() const {
  return state_->ask([](Index& index) { return index.list_tags(); });
}

std::vector<Tag> ImageStore::tags_of(const oci::Digest& image) const {
  return state_->ask([&](Index& index) { return index.tags_of(image); });
}

std::optional<Tag> ImageStore::set_tag(const Tag& tag, const std::string& command) {
  return apply(Change{.command = command, .set_tags = {tag}}).set.front();
}

std::optional<Tag> ImageStore::remove_tag(const oci::Reference& reference, const std::string& command) {
  return apply(Change{.command = command, .remove_tags = {reference}}).removed.front();
}

std::vector<TagMove> ImageStore::history(const oci::Reference& reference) const {
  return state_->ask([&](Index& index) { return index.history(reference); });
}

void ImageStore::mark_gone(const oci::Digest& image) { apply(Change{.mark_gone = {image}}); }

std::vector<ImageStore::Displacement> ImageStore::displacements() const {
  auto overwrites = state_->ask([](Index& index) { return index.overwrites(); });
  std::vector<policy::Displaced> displaced;
  for (const Index::Overwrite& overwrite : overwrites) displaced.push_back(overwrite.displaced);
  const auto verdicts = policy::judge_history(displaced, state_->options.history, base::now());
  std::vector<Displacement> found;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (overwrites[i].here) found.push_back({std::move(overwrites[i].move), verdicts[i]});
  }
  return found;
}

std::vector<TagMove> ImageStore::pinned_moves() const {
  std::vector<TagMove> pinned;
  for (Displacement& one : displacements()) {
    if (one.verdict == policy::HistoryVerdict::kPinned) pinned.push_back(std::move(one.move));
  }
  return pinned;
}

std::vector<ImageStore::Displacement> ImageStore::displacements_of(const oci::Digest& image) const {
  std::vector<Displacement> found = displacements();
  std::erase_if(found, [&](const Displacement& one) { return one.move.from_image != image; });
  return found;
}

std::vector<oci::Digest> ImageStore::pinned_by_history() const {
  std::vector<oci::Digest> images;
  for (const TagMove& move : pinned_moves()) {
    if (std::find(images.begin(), images.end(), *move.from_image) == images.end()) images.push_back(*move.from_image);
  }
  return images;
}

void ImageStore::rebuild_index() {
  const StoreLock lock = StoreLock::acquire(state_->options.root);
  state_->rebuild();
}

}  // namespace davit::store
