#include "auth/passwords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::auth {
namespace {

// Made by `htpasswd -nbB -C 4 alice wonderland`.
constexpr const char* kAlice = "$2y$04$j4qumbTst8LyAjBNM2ZiZ.MwhrtFk0rSha7wtMTtFLAslyb7sLCG.";

std::string refusal(const std::string& text) {
  try {
    PasswordFile::parse(text, "/etc/passwords");
  } catch (const base::Error& error) {
    return error.message();
  }
  return "taken";
}

TEST(Passwords, HashedOnesAreFoundAgainAndOthersNot) {
  const std::string hash = hash_password("secret", 4);
  EXPECT_TRUE(hash.starts_with("$2y$04$"));
  EXPECT_NE(hash, hash_password("secret", 4));
  EXPECT_TRUE(verify_password(hash, "secret"));
  EXPECT_TRUE(verify_password(kAlice, "wonderland"));
  EXPECT_FALSE(verify_password(hash, "Secret"));
  EXPECT_FALSE(verify_password(hash, ""));
  EXPECT_FALSE(verify_password(hash, std::string("secret\0x", 8)));
  EXPECT_FALSE(verify_password("secret", "secret"));
  EXPECT_FALSE(verify_password(hash_of_nobody(), ""));
}

TEST(Passwords, BcryptsLimitIsTold) {
  EXPECT_TRUE(verify_password(hash_password(std::string(72, 'x'), 4), std::string(72, 'x')));
  EXPECT_FALSE(verify_password(hash_password(std::string(72, 'x'), 4), std::string(73, 'x')));
  EXPECT_THROW(hash_password(std::string(73, 'x'), 4), base::Error);
  EXPECT_THROW(hash_password(std::string("a\0b", 3), 4), base::Error);
  EXPECT_THROW(hash_password("", 4), base::Error);
  EXPECT_THROW(hash_password("secret", 3), base::Error);
}

TEST(PasswordFile, KeepsCommentsAndChanges) {
  auto file = PasswordFile::parse(std::string("# ours\n\nalice:") + kAlice + "\r\n", "f");
  EXPECT_EQ(file.hash_of("alice"), kAlice);
  EXPECT_EQ(file.hash_of("bob"), std::nullopt);
  file.set("bob", kAlice);
  EXPECT_EQ(file.text(), std::string("# ours\nalice:") + kAlice + "\nbob:" + kAlice + "\n");
  EXPECT_TRUE(file.remove("alice"));
  EXPECT_FALSE(file.remove("alice"));
  for (const char* bad : {"", "a:b", "a b", "a\n", "#a"}) EXPECT_THROW(file.set(bad, kAlice), base::Error) << bad;
}

TEST(PasswordFile, RefusesByFileAndLine) {
  EXPECT_EQ(refusal("alice"), "/etc/passwords:1: expected USER:HASH");
  EXPECT_EQ(refusal(std::string("\n:") + kAlice), "/etc/passwords:2: expected USER:HASH");
  EXPECT_EQ(refusal("alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="),
            "/etc/passwords:1: only bcrypt is taken: htpasswd -B /etc/passwords alice");
  EXPECT_EQ(refusal("alice:secret"), "/etc/passwords:1: only bcrypt is taken: htpasswd -B /etc/passwords alice");
  EXPECT_EQ(refusal(std::string("a:") + kAlice + "\na:" + kAlice), "/etc/passwords:2: user a is there twice");
}

}  // namespace
}  // namespace davit::auth
