#pragma once
// Passwords kept as bcrypt hashes, as htpasswd(1) -B writes them.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace davit::auth {

// "$2y$…" of a new salt. `cost`: 4 to 17, each step takes twice the time. Throws Error(kInvalidArgument) for an empty
// password, and for one of more than 72 bytes or with a NUL: bcrypt would look at a part only.
std::string hash_password(const std::string& password, int cost = 10);
// Takes tens of ms. Safe for use by several threads. False for what no password can match.
bool verify_password(const std::string& hash, const std::string& password);
// A hash that nothing matches and that costs what others do: so that unknown users cannot be told by the time.
const std::string& hash_of_nobody();

// A file of lines "user:hash". A value.
class PasswordFile {
 public:
  // Comments and blank lines are kept. Throws Error(kInvalidArgument) naming file and line: no user, a user twice, a
  // hash that is not bcrypt's.
  static PasswordFile parse(std::string_view text, const std::string& file);

  std::optional<std::string> hash_of(const std::string& user) const;
  // Throws Error(kInvalidArgument) for a name that a line cannot hold.
  void set(const std::string& user, const std::string& hash);
  bool remove(const std::string& user);
  std::string text() const;

 private:
  std::map<std::string, std::string> hashes_;
  std::string others_;  // comments and blank lines
};

}  // namespace davit::auth
