#include "store/index.h"

#include <array>

namespace davit::store {

namespace {

// A later davit adds steps; each leads forward from what the one before left.
constexpr std::array kMigrations{R"(
CREATE TABLE position (one INTEGER PRIMARY KEY CHECK (one = 1), offset INTEGER NOT NULL, lines INTEGER NOT NULL) STRICT;
CREATE TABLE images (id TEXT PRIMARY KEY, created INTEGER, size INTEGER NOT NULL, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tags (reference TEXT PRIMARY KEY, named INTEGER NOT NULL, target TEXT NOT NULL, image TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_image ON tags (image);
CREATE TABLE moves (
  sequence INTEGER NOT NULL, ordinal INTEGER NOT NULL, at INTEGER NOT NULL, command TEXT NOT NULL, reference TEXT NOT NULL,
  from_target TEXT, from_image TEXT, from_gone INTEGER NOT NULL DEFAULT 0,
  to_target TEXT, to_image TEXT, to_gone INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sequence, ordinal)) STRICT, WITHOUT ROWID;
CREATE INDEX moves_by_reference ON moves (reference, sequence);
CREATE INDEX moves_by_from ON moves (from_image);
CREATE INDEX moves_by_to ON moves (to_image);
)"};

constexpr const char* kMoveColumns =
    "m.sequence, m.at, m.command, m.reference, m.from_target, m.from_image, m.to_target, m.to_image, m.to_gone";

std::int64_t nanoseconds(base::Time time) { return time.time_since_epoch().count(); }

std::optional<std::string> text_of(const std::optional<oci::Descriptor>& descriptor) {
  if (!descriptor) return std::nullopt;
  return write_descriptor(*descriptor);
}

std::optional<std::string> text_of(const std::optional<oci::Digest>& digest) {
  if (!digest) return std::nullopt;
  return digest->text();
}

std::optional<oci::Descriptor> descriptor(const db::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return read_descriptor(row.text(column));
}

std::optional<oci::Digest> digest(const db::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return oci::Digest::parse(row.text(column));
}

TagMove move_of(const db::Statement& row) {
  return {.sequence = static_cast<std::uint64_t>(row.integer(0)),
          .when = base::Time(std::chrono::nanoseconds(row.integer(1))),
          .command = row.text(2),
          .reference = oci::Reference::parse(row.text(3)),
          .from = descriptor(row, 4),
          .to = descriptor(row, 6),
          .from_image = digest(row, 5),
          .to_image = digest(row, 7),
          .gone = row.integer(8) != 0};
}

}  // namespace

Index::Index(const std::filesystem::path& path) : database_(path) { database_.migrate(kMigrations); }

std::optional<Journal::Position> Index::position() {
  db::Statement row = database_.prepare("SELECT offset, lines FROM position");
  if (!row.step()) return std::nullopt;
  return Journal::Position{static_cast<std::uint64_t>(row.integer(0)), static_cast<std::uint64_t>(row.integer(1))};
}

void Index::update(const std::function<Journal::Position()>& change) {
  db::Transaction transaction(database_);
  const Journal::Position position = change();
  database_.prepare("INSERT OR REPLACE INTO position VALUES (1, ?, ?)")
      .bind(1, static_cast<std::int64_t>(position.offset))
      .bind(2, static_cast<std::int64_t>(position.lines))
      .run();
  transaction.commit();
}

void Index::clear() {
  database_.execute("DELETE FROM position; DELETE FROM images; DELETE FROM tags; DELETE FROM moves");
}

void Index::apply(const JournalLine& line) {
  for (std::size_t i = 0; i < line.events.size(); ++i) {
    std::visit([&](const auto& event) { apply(event, i); }, line.events[i]);
  }
}

void Index::apply(const TagMove& move, std::size_t ordinal) {
  const std::string reference = move.reference.text();
  const bool named = move.reference.tag().has_value();
  if (move.to && move.to_image) {
    database_.prepare("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)")
        .bind(1, reference)
        .bind(2, named ? 1 : 0)
        .bind(3, write_descriptor(*move.to))
        .bind(4, move.to_image->text())
        .run();
  } else {
    database_.prepare("DELETE FROM tags WHERE reference = ?").bind(1, reference).run();
  }
  if (!named) return;  // repository digests have no history
  database_
      .prepare(
          "INSERT INTO moves (sequence, ordinal, at, command, reference, from_target, from_image, to_target, to_image) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(1, static_cast<std::int64_t>(move.sequence))
      .bind(2, static_cast<std::int64_t>(ordinal))
      .bind(3, nanoseconds(move.when))
      .bind(4, move.command)
      .bind(5, reference)
      .bind_optional(6, text_of(move.from))
      .bind_optional(7, text_of(move.from_image))
      .bind_optional(8, text_of(move.to))
      .bind_optional(9, text_of(move.to_image))
      .run();
}

void Index::apply(const ImageGone& event, std::size_t) {
  const oci::Digest& image = event.image;
  database_.prepare("UPDATE moves SET to_gone = 1 WHERE to_image = ?").bind(1, image.text()).run();
  database_.prepare("UPDATE moves SET from_gone = 1 WHERE from_image = ?").bind(1, image.text()).run();
}

void Index::apply(const ImageAdded& event, std::size_t) {
  const ImageRecord& record = event.record;
  std::optional<std::string> none;
  db::Statement statement = database_.prepare("INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?)");
  statement.bind(1, record.id.text()).bind(3, static_cast<std::int64_t>(record.size)).bind(4, write_record(record));
  if (record.created) {
    statement.bind(2, nanoseconds(*record.created));
  } else {
    statement.bind_optional(2, none);
  }
  statement.run();
}

void Index::apply(const ImageRemoved& event, std::size_t) {
  database_.prepare("DELETE FROM images WHERE id = ?").bind(1, event.image.text()).run();
}

std::vector<ImageRecord> Index::images(db::Statement statement) {
  std::vector<ImageRecord> records;
  while (statement.step()) records.push_back(read_record(statement.text(0)));
  return records;
}

std::optional<ImageRecord> Index::find_image(const oci::Digest& id) {
  db::Statement row = database_.prepare("SELECT record FROM images WHERE id = ?");
  row.bind(1, id.text());
  if (!row.step()) return std::nullopt;
  return read_record(row.text(0));
}

std::vector<ImageRecord> Index::list_images() {
  return images(database_.prepare("SELECT record FROM images ORDER BY created IS NULL, created DESC, id"));
}

std::vector<ImageSummary> Index::list_summaries() {
  db::Statement rows =
      database_.prepare("SELECT id, size, created FROM images ORDER BY created IS NULL, created DESC, id");
  std::vector<ImageSummary> summaries;
  while (rows.step()) {
    ImageSummary& summary = summaries.emplace_back(
        ImageSummary{.id = oci::Digest::parse(rows.text(0)), .size = static_cast<std::uint64_t>(rows.integer(1))});
    if (!rows.is_null(2)) summary.created = base::Time(std::chrono::nanoseconds(rows.integer(2)));
  }
  return summaries;
}

std::vector<ImageRecord> Index::find_images_between(const std::string& first, const std::string& past) {
  db::Statement rows = database_.prepare("SELECT record FROM images WHERE id >= ? AND id < ? ORDER BY id");
  rows.bind(1, first).bind(2, past);
  return images(std::move(rows));
}

std::vector<Tag> Index::tags(db::Statement statement) {
  std::vector<Tag> result;
  while (statement.step()) {
    result.push_back({.reference = oci::Reference::parse(statement.text(0)),
                      .target = read_descriptor(statement.text(1)),
                      .image = oci::Digest::parse(statement.text(2))});
  }
  return result;
}

std::optional<Tag> Index::find_tag(const oci::Reference& reference) {
  db::Statement rows = database_.prepare("SELECT reference, target, image FROM tags WHERE reference = ?");
  rows.bind(1, reference.text());
  std::vector<Tag> found = tags(std::move(rows));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Tag> Index::list_tags() {
  return tags(database_.prepare("SELECT reference, target, image FROM tags ORDER BY reference"));
}

std::vector<Tag> Index::tags_of(const oci::Digest& image) {
  db::Statement rows =
      database_.prepare("SELECT reference, target, image FROM tags WHERE image = ? ORDER BY reference");
  rows.bind(1, image.text());
  return tags(std::move(rows));
}

std::vector<TagMove> Index::history(const oci::Reference& reference) {
  db::Statement rows = database_.prepare(std::string("SELECT ") + kMoveColumns +
                                         " FROM moves m WHERE reference = ? ORDER BY sequence DESC, ordinal DESC");
  rows.bind(1, reference.text());
  std::vector<TagMove> moves;
  while (rows.step()) moves.push_back(move_of(rows));
  return moves;
}

bool Index::has_move_to(const oci::Digest& image) {
  db::Statement row = database_.prepare(
      "SELECT 1 FROM moves WHERE (to_image = ?1 AND NOT to_gone) OR (from_image = ?1 AND NOT from_gone) LIMIT 1");
  row.bind(1, image.text());
  return row.step();
}

std::vector<Index::Overwrite> Index::overwrites() {
  db::Statement rows = database_.prepare(
      std::string("SELECT ") + kMoveColumns +
      ", i.size, EXISTS (SELECT 1 FROM tags t WHERE t.image = m.from_image AND t.named), m.from_gone FROM moves m "
      "LEFT JOIN images i ON i.id = m.from_image WHERE m.to_image <> m.from_image "
      "ORDER BY m.sequence DESC, m.ordinal DESC");
  std::vector<Overwrite> result;
  while (rows.step()) {
    TagMove move = move_of(rows);
    const bool here = !rows.is_null(9) && rows.integer(11) == 0;
    policy::Displaced displaced{.tag = move.reference.text(),
                                .image = move.from_image->text(),
                                .when = move.when,
                                .size = here ? static_cast<std::uint64_t>(rows.integer(9)) : 0,
                                .in_use = rows.integer(10) != 0};
    result.push_back({std::move(move), std::move(displaced), here});
  }
  return result;
}

}  // namespace davit::store
