#include "store/image_store.h"

#include <algorithm>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "store/collector.h"
#include "store/index.h"
#include "store/journal.h"
#include "store/store_lock.h"

namespace davit::store {

namespace fs = base::fs;
using base::Code;
using base::Error;
using std::filesystem::path;

namespace {

bool same(const Tag& a, const Tag& b) { return a.target == b.target && a.image == b.image; }

void check_reference(const oci::Reference& reference) {
  if (reference.tag().has_value() == reference.digest().has_value()) {
    throw Error::format(Code::kInvalidArgument, "'{}' has both or neither of a tag and a digest", reference.text());
  }
}

// The record in a file, or nothing when it is missing or damaged: then its image counts as not here, and comes back
// with the next pull.
std::optional<ImageRecord> read_record_file(const path& file) {
  const auto text = fs::read_file_if_exists(file);
  if (!text) return std::nullopt;
  try {
    return read_record(*text);
  } catch (const Error& error) {
    base::log::warn("'{}' is damaged: {}", file.string(), error.message());
    return std::nullopt;
  }
}

}  // namespace

struct ImageStore::State {
  explicit State(Options options_) : options(std::move(options_)), journal(options.root / "tags.journal") {
    fs::make_directories(options.root / "images");
    fs::make_directories(options.root / "locks");
    open_index();
  }

  path index_path() const { return options.root / "index.db"; }
  path record_path(const oci::Digest& id) const { return options.root / "images" / (id.hex() + ".json"); }

  // Opens the index and sees to it that it knows all of the journal: one stat when it does.
  void open_index() {
    try {
      index.emplace(index_path());
      const auto position = index->position();
      if (position && position->offset == journal.size()) return;
    } catch (const Error& error) {
      if (error.code() != Code::kCorrupt) throw;
    }
    const auto lock = take_lock();
    refresh();
  }

  // Nothing where the lock is held by our caller.
  std::optional<StoreLock> take_lock() const {
    if (under_lock) return std::nullopt;
    return StoreLock::acquire(options.root);
  }

  // Under the lock: brings the index up to the end of the journal and returns that.
  Journal::Position refresh() {
    try {
      if (!index || !index->still_named()) index.emplace(index_path());
      if (const auto position = index->position()) {
        if (journal.size() == position->offset) return *position;
        if (journal.size() > position->offset) return catch_up(*position);
      } else {
        return rebuild();
      }
    } catch (const Error& error) {
      if (error.code() != Code::kCorrupt) throw;
      return rebuild();
    }
    throw Error::format(Code::kCorrupt,
                        "'{}' has lost lines that its index '{}' knows; remove the index to go on with those left",
                        (options.root / "tags.journal").string(), index_path().string());
  }

  Journal::Position catch_up(Journal::Position position) {
    check_journal(position);
    Journal::Position end = position;
    index->update([&] { return end = journal.read(position, [&](const JournalLine& line) { apply(line); }); });
    return end;
  }

  // Under the lock: makes the index anew from journal and records.
  Journal::Position rebuild() {
    check_journal({});
    try {
      if (!index || !index->still_named()) index.emplace(index_path());
      return fill();
    } catch (const Error& error) {
      if (error.code() != Code::kCorrupt) throw;
      base::log::warn("the index is made anew: {}", error.message());
    }
    index.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(index_path().string() + suffix);
    index.emplace(index_path());
    return fill();
  }

  // Damage in the journal is reported as that, before it can be taken for damage of the index.
  void check_journal(Journal::Position from) const {
    journal.read(from, [](const JournalLine&) {});
  }

  Journal::Position fill() {
    Journal::Position end;
    index->update([&] {
      index->clear();
      for (const std::string& name : fs::list(options.root / "images")) {
        if (name.starts_with(".")) continue;
        if (const auto record = read_record_file(options.root / "images" / name)) index->put_image(*record);
      }
      return end = journal.read({}, [&](const JournalLine& line) { apply(line); });
    });
    return end;
  }

  void apply(const JournalLine& line) {
    if (const auto* move = std::get_if<TagMove>(&line.event)) {
      index->apply(*move);
    } else if (const auto* gone = std::get_if<ImageGone>(&line.event)) {
      index->apply_gone(gone->image);
    } else {
      const oci::Digest& image = std::get<ImageChanged>(line.event).image;
      if (const auto record = read_record_file(record_path(image))) {
        index->put_image(*record);
      } else {
        index->drop_image(image);
      }
    }
  }

  // Under the lock, at the journal's end: records an event, lets `act` do what it announces, and brings the index up to
  // it. From the journal's sync on the event has happened, whatever becomes of the index.
  template <typename Event>
  void record(Journal::Position end, const Event& event, const std::function<void()>& act = {}) {
    const JournalLine line = [&]() -> JournalLine {
      JournalLine made{end.lines + 1, base::now(), event};
      if (auto* move = std::get_if<TagMove>(&made.event)) {
        move->sequence = made.sequence;
        move->when = made.when;
      }
      return made;
    }();
    const Journal::Position next = journal.append(end, line);
    if (act) act();
    try {
      index->update([&] {
        apply(line);
        return next;
      });
    } catch (const Error& error) {
      if (error.code() != Code::kCorrupt) throw;
      rebuild();
    }
  }

  // Asks the index; once more after making it anew when it is damaged.
  template <typename Question>
  auto ask(const Question& question) {
    if (!index->still_named()) open_index();
    try {
      return question(*index);
    } catch (const Error& error) {
      if (error.code() != Code::kCorrupt && error.code() != Code::kInvalidArgument) throw;
    }
    {
      const auto lock = take_lock();
      rebuild();
    }
    return question(*index);
  }

  Options options;
  Journal journal;
  std::optional<Index> index;
  bool under_lock = false;
};

ImageStore::ImageStore(Options options) : state_(std::make_unique<State>(std::move(options))) {}
ImageStore::~ImageStore() = default;

void ImageStore::refresh() { state_->refresh(); }

ImageStore::UnderLock::UnderLock(ImageStore& images) : images_(images) { images_.state_->under_lock = true; }
ImageStore::UnderLock::~UnderLock() { images_.state_->under_lock = false; }

void ImageStore::add_image(const ImageRecord& record) {
  const StoreLock lock = StoreLock::acquire(state_->options.root);
  const Journal::Position end = state_->refresh();
  ImageRecord merged = record;
  if (const auto before = state_->index->find_image(record.id)) {
    merged.added = before->added;
    if (!merged.index) merged.index = before->index;
    if (write_record(merged) == write_record(*before)) return;
  }
  const std::string text = write_record(merged);
  read_record(text);  // what could not be read again is refused here, where the caller hears of it
  state_->record(end, ImageChanged{record.id},
                 [&] { fs::write_file_durably(state_->record_path(record.id), text + "\n"); });
}

void ImageStore::remove_image(const oci::Digest& id) {
  const StoreLock lock = StoreLock::acquire(state_->options.root);
  const Journal::Position end = state_->refresh();
  if (!fs::exists(state_->record_path(id)) && !state_->index->find_image(id)) return;
  if (const auto tags = state_->index->tags_of(id); !tags.empty()) {
    throw Error::format(Code::kConflict, "image {} is still tagged '{}'", id.short_hex(),
                        tags.front().reference.familiar());
  }
  state_->record(end, ImageChanged{id}, [&] {
    fs::remove(state_->record_path(id));
    fs::sync_directory(state_->options.root / "images");
  });
}

std::optional<ImageRecord> ImageStore::find_image(const oci::Digest& id) const {
  return state_->ask([&](Index& index) { return index.find_image(id); });
}

std::vector<ImageRecord> ImageStore::list_images() const {
  return state_->ask([](Index& index) { return index.list_images(); });
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
  check_reference(tag.reference);
  const StoreLock lock = StoreLock::acquire(state_->options.root);
  const Journal::Position end = state_->refresh();
  if (!state_->index->find_image(tag.image))
    throw Error::format(Code::kNotFound, "No such image: {}", tag.image.text());
  auto before = state_->index->find_tag(tag.reference);
  if (before && same(*before, tag)) return before;
  TagMove move{.command = command,
               .reference = tag.reference,
               .from = {},
               .to = tag.target,
               .from_image = {},
               .to_image = tag.image};
  if (before) {
    move.from = before->target;
    move.from_image = before->image;
  }
  state_->record(end, move);
  return before;
}

std::optional<Tag> ImageStore::remove_tag(const oci::Reference& reference, const std::string& command) {
  check_reference(reference);
  const StoreLock lock = StoreLock::acquire(state_->options.root);
  const Journal::Position end = state_->refresh();
  auto before = state_->index->find_tag(reference);
  if (!before) return std::nullopt;
  state_->record(end, TagMove{.command = command,
                              .reference = reference,
                              .from = before->target,
                              .to = {},
                              .from_image = before->image,
                              .to_image = {}});
  return before;
}

std::vector<TagMove> ImageStore::history(const oci::Reference& reference) const {
  return state_->ask([&](Index& index) { return index.history(reference); });
}

void ImageStore::mark_gone(const oci::Digest& image) {
  const StoreLock lock = StoreLock::acquire(state_->options.root);
  const Journal::Position end = state_->refresh();
  if (state_->index->has_move_to(image)) state_->record(end, ImageGone{image});
}

std::vector<TagMove> ImageStore::pinned_moves() const {
  auto overwrites = state_->ask([](Index& index) { return index.overwrites(); });
  std::vector<policy::Displaced> displaced;
  for (const Index::Overwrite& overwrite : overwrites) displaced.push_back(overwrite.displaced);
  const auto verdicts = policy::judge_history(displaced, state_->options.history, base::now());
  std::vector<TagMove> pinned;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (overwrites[i].here && verdicts[i] == policy::HistoryVerdict::kPinned)
      pinned.push_back(std::move(overwrites[i].move));
  }
  return pinned;
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
