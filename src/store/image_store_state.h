#pragma once
// How an ImageStore keeps journal, index and records in step. Private to src/store; docs/formats/journal.md, "Writing".

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/image_store.h"
#include "store/index.h"
#include "store/journal.h"
#include "store/record_folder.h"
#include "store/store_lock.h"

namespace davit::store {

struct ImageStore::State {
  explicit State(Options options_);

  // Opens the index and sees to it that it knows all of the journal: one stat when it does.
  void open_index();

  // Nothing where the lock is held by our caller.
  std::optional<StoreLock> take_lock() const;

  // The rest is for who holds the lock.

  // Brings the index up to the end of the journal and returns that.
  Journal::Position refresh();

  // Makes the index anew from the journal, and the records' copies with it. Returns the journal's end.
  Journal::Position rebuild();

  // At the journal's end: makes a change. From the journal's sync on it has happened, whatever becomes of copies and
  // index: who comes next brings them up to it.
  void commit(Journal::Position end, const std::string& command, std::vector<Event> events);

  // Asks the index; once more after making it anew when it is damaged.
  template <typename Question>
  auto ask(const Question& question) {
    if (!index->still_named()) open_index();
    try {
      return question(*index);
    } catch (const base::Error& error) {
      if (error.code() != base::Code::kCorrupt && error.code() != base::Code::kInvalidArgument) throw;
    }
    {
      const auto lock = take_lock();
      rebuild();
    }
    return question(*index);
  }

  Options options;
  Journal journal;
  RecordFolder records;
  std::optional<Index> index;
  bool under_lock = false;

 private:
  using Names = std::set<std::string>;  // of copies

  std::filesystem::path index_path() const { return options.root / "index.db"; }
  Journal::Position catch_up(Journal::Position position);
  Journal::Position fill();
  std::vector<Event> tidy_copies(const Names& told);
};

}  // namespace davit::store
