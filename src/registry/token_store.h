#pragma once
// What the token service keeps: its signing keys, and refresh tokens by their hash. Safe for use by several threads and
// processes.

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/jose.h"
#include "auth/token.h"
#include "registry/sqlite_connection.h"

namespace davit::registry {

inline constexpr const char* kTokenIssuer = "davit-registry";  // of the access tokens that our keys sign

// A token that its bearer shows instead of a password, and gets access tokens for.
struct RefreshToken {
  std::string id;    // a number that names it; no secret
  std::string user;  // whose rules it has
  // Of a robot: nothing but this, whatever the user may do. Empty: all that.
  std::vector<auth::TokenAccess> access;
  std::int64_t created = 0, expires = 0;  // seconds since 1970; 0: it does not expire
};

class TokenStore {
 public:
  // The folder is made, and a first key (ES256).
  explicit TokenStore(const std::filesystem::path& folder);

  // The newest first: that one signs.
  std::vector<auth::Key> keys() const;
  void rotate_key();

  // Returns the secret, which is kept nowhere.
  std::string create(RefreshToken token);
  std::optional<RefreshToken> find(const std::string& secret);  // not once it has expired
  bool revoke(const std::string& id);
  std::vector<RefreshToken> list();

  static bool is_secret(std::string_view text);  // by its form

 private:
  void read_keys();

  std::filesystem::path folder_;
  SqlitePool database_;
  mutable std::mutex mutex_;
  std::vector<auth::Key> keys_;  // guarded by mutex_
};

}  // namespace davit::registry
