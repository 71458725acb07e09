#pragma once
// ROOT/index.db: what the journal says, in the form in which it is asked for. Never the only place
// of anything. Private to src/store; docs/formats/store.md, "The index". Any method may throw Error(kCorrupt): the
// owner then makes the index anew.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "policy/history.h"
#include "store/journal.h"

namespace davit::store {

class Index {
 public:
  // Opens or creates it. Throws Error(kNotSupported) when a newer davit wrote it.
  explicit Index(const std::filesystem::path& path);

  bool still_named() const { return database_.still_named(); }
  // Up to where in the journal it knows; nothing when it was never filled.
  std::optional<Journal::Position> position();

  // Changes it as one step: `change` calls the functions below, then the position is set to what it returns.
  void update(const std::function<Journal::Position()>& change);
  void clear();
  void apply(const JournalLine& line);

  std::optional<ImageRecord> find_image(const oci::Digest& id);
  std::vector<ImageRecord> list_images();
  std::vector<ImageSummary> list_summaries();
  std::vector<ImageRecord> find_images_between(const std::string& first, const std::string& past);  // by text of the ID
  std::optional<Tag> find_tag(const oci::Reference& reference);
  std::vector<Tag> list_tags();
  std::vector<Tag> tags_of(const oci::Digest& image);
  std::vector<TagMove> history(const oci::Reference& reference);
  bool has_move_to(const oci::Digest& image);  // one that is not gone

  // Every overwrite of a tag by another image, newest first.
  struct Overwrite {
    TagMove move;
    policy::Displaced displaced;
    bool here;  // the displaced image is; and nobody said that it shall go
  };
  std::vector<Overwrite> overwrites();

 private:
  // `ordinal`: the event's place in its line.
  void apply(const ImageAdded& event, std::size_t ordinal);
  void apply(const TagMove& move, std::size_t ordinal);
  void apply(const ImageGone& event, std::size_t ordinal);
  void apply(const ImageRemoved& event, std::size_t ordinal);
  std::vector<Tag> tags(db::Statement statement);
  std::vector<ImageRecord> images(db::Statement statement);

  db::Database database_;
};

}  // namespace davit::store
