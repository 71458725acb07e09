#pragma once
// The tables of the registry's database: docs/formats/registry.md. Private to src/registry.

#include <array>

namespace davit::registry {

// Each step leads from a version to the next.
inline constexpr std::array kSchema = {
    R"(
CREATE TABLE repositories (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL) STRICT;
CREATE TABLE blobs (
  repository INTEGER NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, pushed INTEGER NOT NULL,
  PRIMARY KEY (repository, digest)) STRICT, WITHOUT ROWID;
CREATE INDEX blobs_by_digest ON blobs (digest);
CREATE TABLE manifests (
  id INTEGER PRIMARY KEY, repository INTEGER NOT NULL, digest TEXT NOT NULL, media_type TEXT NOT NULL,
  subject TEXT, artifact_type TEXT NOT NULL, annotations TEXT NOT NULL, pushed INTEGER NOT NULL,
  size INTEGER NOT NULL, content TEXT NOT NULL, UNIQUE (repository, digest)) STRICT;
CREATE INDEX manifests_by_subject ON manifests (repository, subject, digest) WHERE subject IS NOT NULL;
CREATE TABLE links (
  manifest INTEGER NOT NULL, digest TEXT NOT NULL, kind INTEGER NOT NULL,
  PRIMARY KEY (manifest, digest, kind)) STRICT, WITHOUT ROWID;
CREATE TABLE tags (
  repository INTEGER NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, moved INTEGER NOT NULL,
  PRIMARY KEY (repository, name)) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_digest ON tags (repository, digest);
CREATE TABLE tag_moves (
  id INTEGER PRIMARY KEY, repository INTEGER NOT NULL, tag TEXT NOT NULL, before TEXT, after TEXT,
  at INTEGER NOT NULL, by TEXT NOT NULL) STRICT;
CREATE INDEX tag_moves_by_tag ON tag_moves (repository, tag, id);
)",
    // Quotas. A trigger's statements have no conflicts: an ON CONFLICT of the statement that fired it would win.
    R"(
CREATE TABLE quotas (
  id INTEGER PRIMARY KEY, repositories TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, used INTEGER NOT NULL) STRICT;
CREATE TABLE quota_repositories (
  repository INTEGER NOT NULL, quota INTEGER NOT NULL, PRIMARY KEY (repository, quota)) STRICT, WITHOUT ROWID;
CREATE TABLE quota_blobs (
  digest TEXT NOT NULL, quota INTEGER NOT NULL, size INTEGER NOT NULL, holders INTEGER NOT NULL,
  PRIMARY KEY (digest, quota)) STRICT, WITHOUT ROWID;
CREATE TRIGGER blob_added AFTER INSERT ON blobs BEGIN
  INSERT INTO quota_blobs (digest, quota, size, holders)
    SELECT NEW.digest, m.quota, NEW.size, 0 FROM quota_repositories m WHERE m.repository = NEW.repository
    AND NOT EXISTS (SELECT 1 FROM quota_blobs b WHERE b.digest = NEW.digest AND b.quota = m.quota);
  UPDATE quota_blobs SET holders = holders + 1 WHERE digest = NEW.digest
    AND quota IN (SELECT quota FROM quota_repositories WHERE repository = NEW.repository);
END;
CREATE TRIGGER blob_removed AFTER DELETE ON blobs BEGIN
  UPDATE quota_blobs SET holders = holders - 1 WHERE digest = OLD.digest
    AND quota IN (SELECT quota FROM quota_repositories WHERE repository = OLD.repository);
  DELETE FROM quota_blobs WHERE digest = OLD.digest AND holders = 0;
END;
CREATE TRIGGER quota_taken AFTER INSERT ON quota_blobs BEGIN
  UPDATE quotas SET used = used + NEW.size WHERE id = NEW.quota;
END;
CREATE TRIGGER quota_given_back AFTER DELETE ON quota_blobs BEGIN
  UPDATE quotas SET used = used - OLD.size WHERE id = OLD.quota;
END;
)"};

// Each with the repository's ID.
inline constexpr std::array kRemoveRepository = {
    "DELETE FROM links WHERE manifest IN (SELECT id FROM manifests WHERE repository = ?)",
    "DELETE FROM manifests WHERE repository = ?",
    "DELETE FROM blobs WHERE repository = ?",
    "DELETE FROM quota_repositories WHERE repository = ?",
    "DELETE FROM tags WHERE repository = ?",
    "DELETE FROM tag_moves WHERE repository = ?",
    "DELETE FROM repositories WHERE id = ?"};

inline constexpr const char* kUsage = R"(
SELECT name, (SELECT count(*) FROM tags WHERE repository = r.id),
  (SELECT count(*) FROM manifests WHERE repository = r.id), (SELECT count(*) FROM blobs WHERE repository = r.id),
  (SELECT coalesce(sum(size), 0) FROM blobs WHERE repository = r.id) +
  (SELECT coalesce(sum(size), 0) FROM manifests WHERE repository = r.id)
FROM repositories r ORDER BY name)";

}  // namespace davit::registry
