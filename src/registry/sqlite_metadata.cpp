#include <array>
#include <chrono>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "registry/commit_queue.h"
#include "registry/generation.h"
#include "registry/metadata.h"
#include "registry/sqlite_connection.h"
#include "registry/sqlite_quotas.h"
#include "registry/sqlite_schema.h"

namespace davit::registry {

namespace {

using oci::Digest;

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(base::now().time_since_epoch()).count();
}

std::int64_t integer(std::size_t value) { return static_cast<std::int64_t>(std::min<std::size_t>(value, INT64_MAX)); }

std::optional<std::int64_t> repository_id(SqliteConnection& connection, const std::string& name) {
  auto found = connection.use("SELECT id FROM repositories WHERE name = ?");
  found.bind(name);
  if (!found->step()) return std::nullopt;
  return found->integer(0);
}

std::int64_t make_repository(SqliteConnection& connection, const std::string& name) {
  if (const auto id = repository_id(connection, name)) return *id;
  {
    auto insert = connection.use("INSERT INTO repositories (name, created) VALUES (?, ?)");
    insert.bind(name, now_seconds())->run();
  }
  const std::int64_t id = *repository_id(connection, name);
  join_quotas(connection, id, name);
  return id;
}

std::optional<std::string> meaning(SqliteConnection& connection, std::int64_t repository, const std::string& tag) {
  auto found = connection.use("SELECT digest FROM tags WHERE repository = ? AND name = ?");
  found.bind(repository, tag);
  if (!found->step()) return std::nullopt;
  return found->text(0);
}

// A move of a tag, or (no digest) its end, as its history has it.
void note_move(SqliteConnection& connection, std::int64_t repository, const std::string& tag,
               const std::optional<std::string>& before, const std::optional<std::string>& after,
               const std::string& by) {
  auto insert =
      connection.use("INSERT INTO tag_moves (repository, tag, before, after, at, by) VALUES (?, ?, ?, ?, ?, ?)");
  insert->bind(1, repository).bind(2, tag).bind_optional(3, before).bind_optional(4, after).bind(5, now_seconds());
  insert->bind(6, by).run();
}

void move_tag(SqliteConnection& connection, std::int64_t repository, const std::string& tag, const std::string& digest,
              const std::string& by) {
  const auto before = meaning(connection, repository, tag);
  if (before == digest) return;
  {
    auto put = connection.use(
        "INSERT INTO tags (repository, name, digest, moved) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest, moved = excluded.moved");
    put.bind(repository, tag, digest, now_seconds())->run();
  }
  note_move(connection, repository, tag, before, digest, by);
}

std::vector<Digest> linked(SqliteConnection& connection, std::int64_t manifest, std::int64_t kind) {
  std::vector<Digest> digests;
  auto rows = connection.use("SELECT digest FROM links WHERE manifest = ? AND kind = ?");
  rows.bind(manifest, kind);
  while (rows->step()) digests.push_back(Digest::parse(rows->text(0)));
  return digests;
}

constexpr std::int64_t kBlobLink = 0, kManifestLink = 1;

class SqliteMetadata final : public Metadata {
 public:
  explicit SqliteMetadata(const std::filesystem::path& file)
      : generation_(file.parent_path() / "generation"),
        readers_(file),
        changes_(migrated(file), [this] { generation_.move(); }) {}

  std::uint64_t generation() override { return generation_.value(); }

  bool has_repository(const std::string& repository) override {
    auto connection = readers_.lease();
    return repository_id(*connection.operator->(), repository).has_value();
  }

  std::optional<Digest> tag(const std::string& repository, const std::string& tag) override {
    auto connection = readers_.lease();
    auto row = connection->use(
        "SELECT digest FROM tags WHERE repository = (SELECT id FROM repositories WHERE name = ?) AND name = ?");
    row.bind(repository, tag);
    if (!row->step()) return std::nullopt;
    return Digest::parse(row->text(0));
  }

  std::optional<ManifestRecord> manifest(const std::string& repository, const Digest& digest) override {
    auto connection = readers_.lease();
    std::int64_t id;
    std::optional<ManifestRecord> record;
    {
      auto row = connection->use(
          "SELECT id, media_type, content, subject, artifact_type, annotations FROM manifests "
          "WHERE repository = (SELECT id FROM repositories WHERE name = ?) AND digest = ?");
      row.bind(repository, digest.text());
      if (!row->step()) return std::nullopt;
      id = row->integer(0);
      record = ManifestRecord{.digest = digest,
                              .media_type = row->text(1),
                              .bytes = row->text(2),
                              .artifact_type = row->text(4),
                              .annotations = row->text(5)};
      if (!row->is_null(3)) record->subject = Digest::parse(row->text(3));
    }
    record->blobs = linked(*connection.operator->(), id, kBlobLink);
    record->manifests = linked(*connection.operator->(), id, kManifestLink);
    return record;
  }

  bool has_manifest(const std::string& repository, const Digest& digest) override {
    auto connection = readers_.lease();
    auto row = connection->use(
        "SELECT 1 FROM manifests WHERE repository = (SELECT id FROM repositories WHERE name = ?) AND digest = ?");
    return row.bind(repository, digest.text())->step();
  }

  std::optional<std::uint64_t> blob(const std::string& repository, const Digest& digest) override {
    auto connection = readers_.lease();
    auto row = connection->use(
        "SELECT size FROM blobs WHERE repository = (SELECT id FROM repositories WHERE name = ?) AND digest = ?");
    if (!row.bind(repository, digest.text())->step()) return std::nullopt;
    return static_cast<std::uint64_t>(row->integer(0));
  }

  std::vector<std::string> holders(const Digest& digest, std::size_t most) override {
    auto connection = readers_.lease();
    auto rows = connection->use(
        "SELECT r.name FROM blobs b JOIN repositories r ON r.id = b.repository WHERE b.digest = ? LIMIT ?");
    return texts(rows.bind(digest.text(), integer(most)));
  }

  std::vector<std::string> tags(const std::string& repository, const std::string& after, std::size_t most) override {
    auto connection = readers_.lease();
    auto rows = connection->use(
        "SELECT name FROM tags WHERE repository = (SELECT id FROM repositories WHERE name = ?) AND name > ? "
        "ORDER BY name LIMIT ?");
    return texts(rows.bind(repository, after, integer(most)));
  }

  std::vector<std::string> repositories(const std::string& after, std::size_t most) override {
    auto connection = readers_.lease();
    auto rows = connection->use("SELECT name FROM repositories WHERE name > ? ORDER BY name LIMIT ?");
    return texts(rows.bind(after, integer(most)));
  }

  std::vector<Referrer> referrers(const std::string& repository, const Digest& subject, const std::string& type,
                                  const std::string& after, std::size_t most) override {
    auto connection = readers_.lease();
    auto rows = connection->use(
        "SELECT digest, media_type, size, artifact_type, annotations FROM manifests "
        "WHERE repository = (SELECT id FROM repositories WHERE name = ?1) AND subject = ?2 AND digest > ?3 "
        "AND (?4 = '' OR artifact_type = ?4) ORDER BY digest LIMIT ?5");
    rows.bind(repository, subject.text(), after, type, integer(most));
    std::vector<Referrer> found;
    while (rows->step()) {
      found.push_back({Digest::parse(rows->text(0)), rows->text(1), static_cast<std::uint64_t>(rows->integer(2)),
                       rows->text(3), rows->text(4)});
    }
    return found;
  }

  void put_manifest(const std::string& repository, const ManifestRecord& manifest, const std::vector<std::string>& tags,
                    const std::string& by) override {
    changes_.run([&](SqliteConnection& connection) {
      const std::int64_t id = make_repository(connection, repository);
      insert_manifest(connection, id, manifest);
      for (const auto& tag : tags) move_tag(connection, id, tag, manifest.digest.text(), by);
    });
  }

  bool remove_manifest(const std::string& repository, const Digest& digest, const std::string& by) override {
    bool removed = false;
    changes_.run([&](SqliteConnection& connection) {
      const auto id = repository_id(connection, repository);
      if (!id) return;
      std::vector<std::string> names;
      {
        auto rows = connection.use("SELECT name FROM tags WHERE repository = ? AND digest = ?");
        names = texts(rows.bind(*id, digest.text()));
      }
      for (const auto& name : names) end_tag(connection, *id, name, by);
      {
        auto links = connection.use(
            "DELETE FROM links WHERE manifest = (SELECT id FROM manifests WHERE repository = ? AND digest = ?)");
        links.bind(*id, digest.text())->run();
      }
      auto row = connection.use("DELETE FROM manifests WHERE repository = ? AND digest = ? RETURNING 1");
      removed = row.bind(*id, digest.text())->step();
    });
    return removed;
  }

  bool remove_tag(const std::string& repository, const std::string& tag, const std::string& by) override {
    bool removed = false;
    changes_.run([&](SqliteConnection& connection) {
      const auto id = repository_id(connection, repository);
      removed = id && end_tag(connection, *id, tag, by);
    });
    return removed;
  }

  std::optional<QuotaUse> add_blob(const std::string& repository, const Digest& digest, std::uint64_t size) override {
    std::optional<QuotaUse> full;
    changes_.run([&](SqliteConnection& connection) {
      full = registry::quota_without_room(connection, repository, digest, size);
      if (full) return;
      const std::int64_t id = make_repository(connection, repository);
      auto put = connection.use("INSERT OR IGNORE INTO blobs (repository, digest, size, pushed) VALUES (?, ?, ?, ?)");
      put.bind(id, digest.text(), static_cast<std::int64_t>(size), now_seconds())->run();
    });
    return full;
  }

  bool remove_blob(const std::string& repository, const Digest& digest) override {
    bool removed = false;
    changes_.run([&](SqliteConnection& connection) {
      auto row = connection.use(
          "DELETE FROM blobs WHERE repository = (SELECT id FROM repositories WHERE name = ?) AND digest = ? RETURNING "
          "1");
      removed = row.bind(repository, digest.text())->step();
    });
    return removed;
  }

  bool remove_repository(const std::string& repository) override {
    bool removed = false;
    changes_.run([&](SqliteConnection& connection) {
      const auto id = repository_id(connection, repository);
      if (!id) return;
      for (const char* sql : kRemoveRepository) connection.use(sql).bind(*id)->run();
      removed = true;
    });
    return removed;
  }

  void set_quotas(const std::vector<Quota>& quotas) override {
    changes_.run([&](SqliteConnection& connection) { registry::set_quotas(connection, quotas); });
  }

  std::vector<QuotaUse> quotas() override {
    auto connection = readers_.lease();
    return quota_uses(*connection.operator->(), std::nullopt);
  }

  std::vector<QuotaUse> quotas_of(const std::string& repository) override {
    auto connection = readers_.lease();
    return quota_uses(*connection.operator->(), repository);
  }

  std::optional<QuotaUse> quota_without_room(const std::string& repository, const Digest& digest,
                                             std::uint64_t size) override {
    auto connection = readers_.lease();
    return registry::quota_without_room(*connection.operator->(), repository, digest, size);
  }

  std::vector<RepositoryUsage> usage() override {
    auto connection = readers_.lease();
    auto rows = connection->use(kUsage);
    std::vector<RepositoryUsage> all;
    while (rows->step()) {
      const auto number = [&](int column) { return static_cast<std::uint64_t>(rows->integer(column)); };
      all.push_back({rows->text(0), number(1), number(2), number(3), number(4)});
    }
    return all;
  }

  std::vector<std::pair<Digest, std::uint64_t>> all_blobs() override {
    auto connection = readers_.lease();
    auto rows = connection->use("SELECT digest, max(size) FROM blobs GROUP BY digest ORDER BY digest");
    std::vector<std::pair<Digest, std::uint64_t>> all;
    while (rows->step()) all.emplace_back(Digest::parse(rows->text(0)), static_cast<std::uint64_t>(rows->integer(1)));
    return all;
  }

  std::vector<std::string> check() override {
    auto connection = readers_.lease();
    auto rows = connection->use("PRAGMA integrity_check");
    std::vector<std::string> wrong = texts(rows);
    std::erase(wrong, "ok");
    return wrong;
  }

 private:
  static const std::filesystem::path& migrated(const std::filesystem::path& file) {
    db::Database(file).migrate(kSchema);
    return file;
  }

  static std::vector<std::string> texts(SqliteConnection::Use& rows) {
    std::vector<std::string> all;
    while (rows->step()) all.push_back(rows->text(0));
    return all;
  }

  static bool end_tag(SqliteConnection& connection, std::int64_t repository, const std::string& tag,
                      const std::string& by) {
    const auto before = meaning(connection, repository, tag);
    if (!before) return false;
    connection.use("DELETE FROM tags WHERE repository = ? AND name = ?").bind(repository, tag)->run();
    note_move(connection, repository, tag, before, std::nullopt, by);
    return true;
  }

  static void insert_manifest(SqliteConnection& connection, std::int64_t repository, const ManifestRecord& manifest) {
    std::int64_t id;
    {
      auto put = connection.use(
          "INSERT INTO manifests (repository, digest, media_type, content, subject, artifact_type, annotations, "
          "pushed, size) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (repository, digest) DO UPDATE SET "
          "media_type = excluded.media_type, content = excluded.content, pushed = excluded.pushed RETURNING id");
      put->bind(1, repository).bind(2, manifest.digest.text()).bind(3, manifest.media_type).bind(4, manifest.bytes);
      put->bind_optional(5, manifest.subject ? std::optional(manifest.subject->text()) : std::nullopt);
      put->bind(6, manifest.artifact_type).bind(7, manifest.annotations).bind(8, now_seconds());
      put->bind(9, integer(manifest.bytes.size()));
      put->step();
      id = put->integer(0);
    }
    for (const auto& [digests, kind] :
         {std::pair(&manifest.blobs, kBlobLink), std::pair(&manifest.manifests, kManifestLink)}) {
      for (const auto& digest : *digests) {
        auto link = connection.use("INSERT OR IGNORE INTO links (manifest, digest, kind) VALUES (?, ?, ?)");
        link.bind(id, digest.text(), kind)->run();
      }
    }
  }

  Generation generation_;
  SqlitePool readers_;
  CommitQueue changes_;
};

}  // namespace

std::unique_ptr<Metadata> open_sqlite_metadata(const std::filesystem::path& file) {
  return std::make_unique<SqliteMetadata>(file);
}

}  // namespace davit::registry
