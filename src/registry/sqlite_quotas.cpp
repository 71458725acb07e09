#include "registry/sqlite_quotas.h"

#include <algorithm>

#include "registry/access.h"

namespace davit::registry {

namespace {

struct QuotaRow {
  std::int64_t id;
  QuotaUse use;
};

std::vector<QuotaRow> rows_of(SqliteConnection& connection) {
  auto rows = connection.use("SELECT id, repositories, bytes, used FROM quotas ORDER BY repositories");
  std::vector<QuotaRow> all;
  while (rows->step()) {
    all.push_back({rows->integer(0),
                   {{rows->text(1), static_cast<std::uint64_t>(rows->integer(2))},
                    static_cast<std::uint64_t>(rows->integer(3))}});
  }
  return all;
}

void add_member(SqliteConnection& connection, std::int64_t repository, std::int64_t quota) {
  auto insert = connection.use("INSERT INTO quota_repositories (repository, quota) VALUES (?, ?)");
  insert.bind(repository, quota)->run();
}

void add_members(SqliteConnection& connection, std::int64_t quota, const std::string& pattern) {
  std::vector<std::int64_t> members;
  {
    auto rows = connection.use("SELECT id, name FROM repositories");
    while (rows->step()) {
      if (fits(pattern, rows->text(1))) members.push_back(rows->integer(0));
    }
  }
  for (const auto member : members) add_member(connection, member, quota);
}

void add_quota(SqliteConnection& connection, const Quota& quota) {
  std::int64_t id;
  {
    auto insert = connection.use("INSERT INTO quotas (repositories, bytes, used) VALUES (?, ?, 0) RETURNING id");
    insert.bind(quota.repositories, static_cast<std::int64_t>(quota.bytes))->step();
    id = insert->integer(0);
  }
  add_members(connection, id, quota.repositories);
  auto sum = connection.use(
      "INSERT INTO quota_blobs (digest, quota, size, holders) SELECT digest, ?1, max(size), count(*) FROM blobs "
      "WHERE repository IN (SELECT repository FROM quota_repositories WHERE quota = ?1) GROUP BY digest");
  sum.bind(id)->run();
}

void remove_quota(SqliteConnection& connection, std::int64_t id) {
  for (const char* sql : {"DELETE FROM quotas WHERE id = ?", "DELETE FROM quota_repositories WHERE quota = ?",
                          "DELETE FROM quota_blobs WHERE quota = ?"}) {
    connection.use(sql).bind(id)->run();
  }
}

}  // namespace

void set_quotas(SqliteConnection& connection, const std::vector<Quota>& quotas) {
  std::vector<Quota> fresh = quotas;
  for (const auto& row : rows_of(connection)) {
    const auto found = std::find_if(fresh.begin(), fresh.end(), [&](const Quota& quota) {
      return quota.repositories == row.use.quota.repositories;
    });
    if (found == fresh.end()) {
      remove_quota(connection, row.id);
      continue;
    }
    auto update = connection.use("UPDATE quotas SET bytes = ? WHERE id = ?");
    update.bind(static_cast<std::int64_t>(found->bytes), row.id)->run();
    fresh.erase(found);
  }
  for (const auto& quota : fresh) add_quota(connection, quota);
}

std::vector<QuotaUse> quota_uses(SqliteConnection& connection, const std::optional<std::string>& repository) {
  std::vector<QuotaUse> all;
  for (auto& row : rows_of(connection)) {
    if (!repository || fits(row.use.quota.repositories, *repository)) all.push_back(std::move(row.use));
  }
  return all;
}

std::optional<QuotaUse> quota_without_room(SqliteConnection& connection, const std::string& repository,
                                           const oci::Digest& digest, std::uint64_t size) {
  for (auto& [id, use] : rows_of(connection)) {
    const bool has_room = use.used <= use.quota.bytes && size <= use.quota.bytes - use.used;
    if (has_room || !fits(use.quota.repositories, repository)) continue;
    auto held = connection.use("SELECT 1 FROM quota_blobs WHERE digest = ? AND quota = ?");
    if (!held.bind(digest.text(), id)->step()) return use;
  }
  return std::nullopt;
}

void join_quotas(SqliteConnection& connection, std::int64_t repository, const std::string& name) {
  for (const auto& row : rows_of(connection)) {
    if (fits(row.use.quota.repositories, name)) add_member(connection, repository, row.id);
  }
}

}  // namespace davit::registry
