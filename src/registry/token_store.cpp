#include "registry/token_store.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/clock.h"
#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "codec/hash.h"

namespace davit::registry {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

constexpr std::string_view kPrefix = "davit_rt_";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kKeysKept = 4;  // those before sign nothing any more; access tokens live for minutes
constexpr std::array kSchema = {
    "CREATE TABLE refresh_tokens (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, user TEXT NOT NULL, "
    "access TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT"};

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(base::now().time_since_epoch()).count();
}

std::string access_text(const std::vector<auth::TokenAccess>& access) {
  std::vector<std::string> scopes;
  for (const auto& one : access) scopes.push_back(auth::scope_text(one));
  return base::join(scopes, " ");
}

std::vector<auth::TokenAccess> parse_access(const std::string& text) {
  std::vector<auth::TokenAccess> access;
  for (const auto& scope : base::split(text, ' ')) {
    if (!scope.empty()) access.push_back(auth::parse_scope(scope));
  }
  return access;
}

RefreshToken read_row(SqliteConnection::Use& row) {
  return {.id = std::to_string(row->integer(0)),
          .user = row->text(1),
          .access = parse_access(row->text(2)),
          .created = row->integer(3),
          .expires = row->integer(4)};
}

std::string hash_of(const std::string& secret) { return codec::digest_of(secret).hex(); }

const std::filesystem::path& migrated(const std::filesystem::path& file) {
  db::Database(file).migrate(kSchema);
  return file;
}

const std::filesystem::path& made(const std::filesystem::path& folder) {
  fs::make_directories(folder);
  return folder;
}

}  // namespace

TokenStore::TokenStore(const std::filesystem::path& folder)
    : folder_(made(folder)), database_(migrated(folder / "tokens.db")) {
  const auto lock = base::FileLock::acquire(folder_ / "lock");
  read_keys();
  if (!keys_.empty()) return;
  fs::write_file_durably(folder_ / "key-000001.pem", auth::Key::generate(auth::Key::Kind::kEs256).to_pem());
  read_keys();
}

void TokenStore::read_keys() {
  std::vector<auth::Key> keys;
  for (const auto& name : fs::list(folder_)) {
    if (name.starts_with("key-") && name.ends_with(".pem"))
      keys.push_back(auth::Key::from_pem(fs::read_file(folder_ / name), (folder_ / name).string()));
  }
  std::reverse(keys.begin(), keys.end());
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
}

std::vector<auth::Key> TokenStore::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

void TokenStore::rotate_key() {
  const auto lock = base::FileLock::acquire(folder_ / "lock");
  std::vector<std::string> names;
  for (const auto& name : fs::list(folder_)) {
    if (name.starts_with("key-")) names.push_back(name);
  }
  const unsigned long last = names.empty() ? 0 : std::stoul(names.back().substr(4));
  fs::write_file_durably(folder_ / fmt::format("key-{:06}.pem", last + 1),
                         auth::Key::generate(auth::Key::Kind::kEs256).to_pem());
  for (std::size_t i = 0; i + kKeysKept <= names.size(); ++i) fs::remove(folder_ / names[i]);
  read_keys();
}

bool TokenStore::is_secret(std::string_view text) { return text.starts_with(kPrefix); }

std::string TokenStore::create(RefreshToken token) {
  std::string secret = std::string(kPrefix) + base::random_hex(kSecretBytes);
  auto connection = database_.lease();
  auto insert =
      connection->use("INSERT INTO refresh_tokens (hash, user, access, created, expires) VALUES (?, ?, ?, ?, ?)");
  insert.bind(hash_of(secret), token.user, access_text(token.access), now_seconds(), token.expires)->run();
  return secret;
}

std::optional<RefreshToken> TokenStore::find(const std::string& secret) {
  if (!is_secret(secret)) return std::nullopt;
  auto connection = database_.lease();
  auto row = connection->use("SELECT id, user, access, created, expires FROM refresh_tokens WHERE hash = ?");
  if (!row.bind(hash_of(secret))->step()) return std::nullopt;
  auto token = read_row(row);
  if (token.expires != 0 && token.expires < now_seconds()) return std::nullopt;
  return token;
}

bool TokenStore::revoke(const std::string& id) {
  auto connection = database_.lease();
  auto row = connection->use("DELETE FROM refresh_tokens WHERE id = ? RETURNING 1");
  return row.bind(id)->step();
}

std::vector<RefreshToken> TokenStore::list() {
  auto connection = database_.lease();
  auto rows = connection->use("SELECT id, user, access, created, expires FROM refresh_tokens ORDER BY id");
  std::vector<RefreshToken> all;
  while (rows->step()) all.push_back(read_row(rows));
  return all;
}

}  // namespace davit::registry
