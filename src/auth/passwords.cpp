#include "auth/passwords.h"

#include <algorithm>
#include <memory>

#include <crypt.h>
#include <openssl/crypto.h>

#include "base/error.h"
#include "base/strings.h"

namespace davit::auth {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t kMostBytes = 72;  // that bcrypt looks at

bool is_bcrypt(std::string_view hash) {
  return hash.size() == 60 && (hash.starts_with("$2y$") || hash.starts_with("$2b$") || hash.starts_with("$2a$"));
}

bool can_be_hashed(const std::string& password) {
  return password.size() <= kMostBytes && password.find('\0') == std::string::npos;
}

std::string crypted(const std::string& password, const std::string& setting) {
  const auto work = std::make_unique<crypt_data>();  // 32 KiB: not for the stack of every thread
  const char* result = ::crypt_r(password.c_str(), setting.c_str(), work.get());
  return result == nullptr ? std::string() : result;
}

void check_user(const std::string& user) {
  const bool plain =
      std::all_of(user.begin(), user.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f && c != ':'; });
  if (user.empty() || !plain || user[0] == '#' || user.size() > 255)
    throw Error::format(Code::kInvalidArgument, "invalid user name '{}'", base::printable(user));
}

}  // namespace

std::string hash_password(const std::string& password, int cost) {
  if (password.empty() || !can_be_hashed(password))
    throw Error(Code::kInvalidArgument, "a password has 1 to 72 bytes, and none of them is NUL");
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (::crypt_gensalt_rn("$2y$", static_cast<unsigned long>(cost), nullptr, 0, setting, sizeof setting) == nullptr)
    throw Error::format(Code::kInvalidArgument, "a password's cost is 4 to 17, not {}", cost);
  return crypted(password, setting);
}

bool verify_password(const std::string& hash, const std::string& password) {
  const bool sound = is_bcrypt(hash) && can_be_hashed(password);
  const std::string made = crypted(sound ? password : "", sound ? hash : hash_of_nobody());
  return sound && made.size() == hash.size() && ::CRYPTO_memcmp(made.data(), hash.data(), made.size()) == 0;
}

const std::string& hash_of_nobody() {
  static const std::string hash = hash_password(base::random_hex(16));
  return hash;
}

PasswordFile PasswordFile::parse(std::string_view text, const std::string& file) {
  PasswordFile passwords;
  int number = 0;
  for (const auto& whole : base::split(text, '\n')) {
    ++number;
    const std::string line(base::trim(whole));
    if (line.empty() || line[0] == '#') {
      if (!line.empty()) passwords.others_ += line + "\n";
      continue;
    }
    const std::size_t colon = line.find(':');
    const std::string user = line.substr(0, colon), hash = colon == std::string::npos ? "" : line.substr(colon + 1);
    const auto refuse = [&](std::string_view why) {
      throw Error::format(Code::kInvalidArgument, "{}:{}: {}", file, number, why);
    };
    if (colon == std::string::npos || user.empty()) refuse("expected USER:HASH");
    if (!is_bcrypt(hash)) refuse("only bcrypt is taken: htpasswd -B " + file + " " + base::printable(user));
    if (!passwords.hashes_.emplace(user, hash).second) refuse("user " + base::printable(user) + " is there twice");
  }
  return passwords;
}

std::optional<std::string> PasswordFile::hash_of(const std::string& user) const {
  const auto found = hashes_.find(user);
  return found == hashes_.end() ? std::nullopt : std::optional(found->second);
}

void PasswordFile::set(const std::string& user, const std::string& hash) {
  check_user(user);
  hashes_[user] = hash;
}

bool PasswordFile::remove(const std::string& user) { return hashes_.erase(user) > 0; }

std::string PasswordFile::text() const {
  std::string all = others_;
  for (const auto& [user, hash] : hashes_) all += user + ":" + hash + "\n";
  return all;
}

}  // namespace davit::auth
