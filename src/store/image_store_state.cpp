#include "store/image_store_state.h"

#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"

namespace davit::store {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

// A copy that cannot be kept up is told and done without: the journal has all of it.
template <typename Act>
void try_copy(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled) throw;
    base::log::warn("an image record's copy: {}", error.message());
  }
}

// The line that follows the journal's end.
JournalLine make_line(Journal::Position end, const std::string& command, std::vector<Event> events) {
  JournalLine line{end.lines + 1, base::now(), base::printable(command), std::move(events)};
  for (Event& event : line.events) {
    if (auto* move = std::get_if<TagMove>(&event)) {
      move->sequence = line.sequence;
      move->when = line.when;
      move->command = line.command;
    }
  }
  return line;
}

}  // namespace

ImageStore::State::State(Options options_)
    : options(std::move(options_)), journal(options.root / "tags.journal"), records(options.root / "images") {
  fs::make_directories(options.root / "images");
  fs::make_directories(options.root / "locks");
  open_index();
}

void ImageStore::State::open_index() {
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

std::optional<StoreLock> ImageStore::State::take_lock() const {
  if (under_lock) return std::nullopt;
  return StoreLock::acquire(options.root);
}

Journal::Position ImageStore::State::refresh() {
  try {
    if (!index || !index->still_named()) index.emplace(index_path());
    const auto position = index->position();
    if (!position) return rebuild();
    if (journal.size() == position->offset) return *position;
    if (journal.size() > position->offset) return catch_up(*position);
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    return rebuild();
  }
  throw Error::format(Code::kCorrupt,
                      "'{}' has lost lines that its index '{}' knows; remove the index to go on with those left",
                      (options.root / "tags.journal").string(), index_path().string());
}

Journal::Position ImageStore::State::catch_up(Journal::Position position) {
  // The copies first: once the index is up to here nobody looks at these lines again. Damage in the journal is met
  // here, too, before it can be taken for damage of the index.
  journal.read(position, [&](const JournalLine& line) {
    for (const Event& event : line.events) try_copy([&] { records.follow(event); });
  });
  Journal::Position end = position;
  index->update([&] { return end = journal.read(position, [&](const JournalLine& line) { index->apply(line); }); });
  return end;
}

Journal::Position ImageStore::State::rebuild() {
  journal.read({}, [](const JournalLine&) {});  // damage in it is not taken for damage of the index
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

Journal::Position ImageStore::State::fill() {
  Journal::Position end;
  index->update([&] {
    index->clear();
    Names told;
    end = journal.read({}, [&](const JournalLine& line) {
      for (const Event& event : line.events) {
        if (const auto* added = std::get_if<ImageAdded>(&event)) told.insert(records.name_of(added->record.id));
        if (const auto* removed = std::get_if<ImageRemoved>(&event)) told.insert(records.name_of(removed->image));
      }
      index->apply(line);
    });
    // Before the index is valid: who dies here leaves it to the next.
    if (std::vector<Event> lost = tidy_copies(told); !lost.empty()) {
      const JournalLine line = make_line(end, "recovery", std::move(lost));
      end = journal.append(end, line);
      index->apply(line);
    }
    return end;
  });
  return end;
}

// Makes the copies what the index says. `told`: those of which the journal speaks; another one is all that is left of
// lines that were lost. Returns what adds the images of those again.
std::vector<Event> ImageStore::State::tidy_copies(const Names& told) {
  Names right;
  for (const ImageRecord& record : index->list_images()) {
    right.insert(records.name_of(record.id));
    try_copy([&] { records.put(record); });
  }
  std::vector<Event> lost;
  for (const std::string& name : records.names()) {
    if (right.contains(name)) continue;
    if (told.contains(name)) {
      try_copy([&] { records.remove(name); });
    } else if (auto record = records.read(name)) {
      base::log::warn("image {} is not in the journal, which has lost lines: it is taken up again", record->id.text());
      lost.emplace_back(ImageAdded{std::move(*record)});
    }
  }
  return lost;
}

void ImageStore::State::commit(Journal::Position end, const std::string& command, std::vector<Event> events) {
  const JournalLine line = make_line(end, command, std::move(events));
  const Journal::Position next = journal.append(end, line);
  for (const Event& event : line.events) records.follow(event);
  try {
    index->update([&] {
      index->apply(line);
      return next;
    });
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    rebuild();
  }
}

}  // namespace davit::store
