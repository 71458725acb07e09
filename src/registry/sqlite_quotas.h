#pragma once
// Quotas in the registry's database. What each holds is kept by triggers (sqlite_schema.h), whoever changes the blobs;
// here is what needs patterns. Private to src/registry. All but quota_uses() within a transaction.

#include <optional>
#include <string>
#include <vector>

#include "registry/metadata.h"
#include "registry/sqlite_connection.h"

namespace davit::registry {

void set_quotas(SqliteConnection& connection, const std::vector<Quota>& quotas);
// Of all, or of those whose pattern fits a repository.
std::vector<QuotaUse> quota_uses(SqliteConnection& connection, const std::optional<std::string>& repository);
// The first of a repository that has no room for a blob.
std::optional<QuotaUse> quota_without_room(SqliteConnection& connection, const std::string& repository,
                                           const oci::Digest& digest, std::uint64_t size);
// A repository that was just made counts to those that fit it.
void join_quotas(SqliteConnection& connection, std::int64_t repository, const std::string& name);

}  // namespace davit::registry
