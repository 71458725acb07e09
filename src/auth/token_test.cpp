#include "auth/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "auth/authorization.h"
#include "base/error.h"
#include "base/strings.h"

namespace davit::auth {
namespace {

// RFC 7515, A.3; RFC 8037, A.4; RFC 7638, 3.1.
constexpr const char* kEs256Jwk = R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                  R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr const char* kEs256Signed =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr const char* kEs256Signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
constexpr const char* kEdJwk = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr const char* kEdSigned = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
constexpr const char* kEdSignature =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
constexpr const char* kEdThumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

std::vector<Key> set_of(const std::string& jwk) { return parse_key_set("{\"keys\":[" + jwk + "]}"); }

TokenClaims claims() {
  return {.issuer = "us",
          .subject = "alice",
          .id = "1",
          .audience = {"registry"},
          .issued = 1000,
          .not_before = 1000,
          .expires = 1300,
          .access = {{"repository", "team/app", {"pull", "push"}}}};
}

std::string refusal(const std::string& token, const std::vector<Key>& keys, TokenExpectations expected) {
  try {
    verify_token(token, keys, expected);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Code::kUnauthorized);
    EXPECT_TRUE(token.size() < 20 || error.message().find(token) == std::string::npos);
    return error.message().substr(std::string("the token is not good: ").size());
  }
  return "taken";
}

const TokenExpectations kUs = {.issuer = "us", .audience = "registry", .now = 1100};

TEST(Jose, VerifiesWhatTheRfcsSign) {
  EXPECT_TRUE(set_of(kEs256Jwk).at(0).verify(kEs256Signed, from_base64url(kEs256Signature)));
  EXPECT_FALSE(set_of(kEs256Jwk).at(0).verify(std::string(kEs256Signed) + "x", from_base64url(kEs256Signature)));
  EXPECT_FALSE(set_of(kEs256Jwk).at(0).verify(kEs256Signed, ""));
  EXPECT_TRUE(set_of(kEdJwk).at(0).verify(kEdSigned, from_base64url(kEdSignature)));
  EXPECT_FALSE(set_of(kEdJwk).at(0).verify(kEdSigned, from_base64url(kEs256Signature)));
  EXPECT_EQ(set_of(kEdJwk).at(0).id(), kEdThumbprint);
}

TEST(Jose, KeysSurviveTheirFiles) {
  for (const auto kind : {Key::Kind::kEs256, Key::Kind::kEd25519}) {
    const Key made = Key::generate(kind);
    const Key read = Key::from_pem(made.to_pem(), "f");
    EXPECT_EQ(read.id(), made.id());
    EXPECT_TRUE(parse_key_set(to_key_set({read})).at(0).verify("bytes", made.sign("bytes")));
  }
  EXPECT_THROW(Key::from_pem("no key", "f"), base::Error);
}

TEST(Jose, PassesOverKeysThatItCannotUse) {
  EXPECT_TRUE(
      set_of(
          R"({"kty":"oct","k":"AAAA"},{"kty":"EC","crv":"P-521","x":"AA","y":"AA"},{"kty":"RSA","n":"AQAB","e":"AQAB"},7)")
          .empty());
  EXPECT_TRUE(set_of(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})").empty());
  EXPECT_TRUE(set_of(std::string(kEdJwk).insert(1, R"("use":"enc",)")).empty());
  EXPECT_TRUE(set_of(std::string(kEdJwk).insert(1, R"("alg":"ES256",)")).empty());
  EXPECT_THROW(parse_key_set("[]"), base::Error);
  EXPECT_THROW(parse_key_set("{\"keys\":{}}"), base::Error);
}

RC_GTEST_PROP(Jose, Base64urlGivesBackWhatItWasGiven, (std::string bytes)) {
  RC_ASSERT(from_base64url(to_base64url(bytes)) == bytes);
}

TEST(Token, GivesBackItsClaims) {
  for (const auto kind : {Key::Kind::kEs256, Key::Kind::kEd25519}) {
    const Key key = Key::generate(kind);
    const auto read = verify_token(sign_token(claims(), key), {Key::generate(kind), key}, kUs);
    EXPECT_EQ(read.subject, "alice");
    EXPECT_EQ(read.access, claims().access);
    EXPECT_EQ(read.expires, 1300);
  }
}

TEST(Token, NamesItsIssuerAndKeyUnverified) {
  const auto key = Key::generate(Key::Kind::kEs256);
  const auto origin = origin_of(sign_token(claims(), key));
  EXPECT_EQ(origin.issuer, "us");
  EXPECT_EQ(origin.key, key.id());
  EXPECT_EQ(origin_of("e30.e30.").issuer, "");
  for (const char* bad : {"", "e30.e30", "x.y.z", "e30.W10.x", "W10.e30.x"})
    EXPECT_THROW(origin_of(bad), base::Error) << bad;
}

TEST(Token, IsRefusedForEachReason) {
  const Key key = Key::generate(Key::Kind::kEs256);
  const std::string good = sign_token(claims(), key);
  EXPECT_EQ(refusal(good, {key}, kUs), "taken");
  EXPECT_EQ(refusal(good, {Key::generate(Key::Kind::kEs256)}, kUs), "nobody that is trusted signed it");
  EXPECT_EQ(refusal(good, {key}, {.issuer = "them", .audience = "registry", .now = 1100}), "another issued it");
  EXPECT_EQ(refusal(good, {key}, {.issuer = "us", .audience = "x", .now = 1100}), "it is for another service");
  EXPECT_EQ(refusal(good, {key}, {.issuer = "us", .audience = "registry", .now = 1331}), "it has expired");
  EXPECT_EQ(refusal(good, {key}, {.issuer = "us", .audience = "registry", .now = 969}), "it is not valid yet");
  auto endless = claims();
  endless.expires = 0;
  EXPECT_EQ(refusal(sign_token(endless, key), {key}, kUs), "it has no end");
  for (std::size_t i = 0; i < good.size(); i += 5) {
    std::string damaged = good;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(refusal(damaged, {key}, kUs), "taken") << i;
  }
  for (const char* bad : {"", ".", "..", "a.b", "a.b.c", "....", "e30.e30.", "e30.e30.AAAA"})
    EXPECT_NE(refusal(bad, {key}, kUs), "taken");
}

TEST(Token, NobodyChoosesTheAlgorithmButTheKey) {
  const Key key = Key::generate(Key::Kind::kEs256);
  const std::string good = sign_token(claims(), key), rest = good.substr(good.find('.'));
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"HS256"})", R"({"alg":"EdDSA"})", R"({})", R"({"alg":"ES256","crit":["x"]})"}) {
    EXPECT_NE(refusal(to_base64url(header) + rest, {key}, kUs), "taken") << header;
  }
}

TEST(Scope, IsReadAndWritten) {
  EXPECT_EQ(parse_scope("repository:team/app:pull,push"), (TokenAccess{"repository", "team/app", {"pull", "push"}}));
  EXPECT_EQ(parse_scope("repository:host:5000/app:pull").name, "host:5000/app");
  EXPECT_EQ(parse_scope("repository(plugin):a:pull").type, "repository");
  EXPECT_EQ(scope_text(parse_scope("registry:catalog:*")), "registry:catalog:*");
  for (const char* bad : {"", "repository", "repository:a", "repository::pull"})
    EXPECT_THROW(parse_scope(bad), base::Error) << bad;
}

TEST(Authorization, IsOneOfThree) {
  EXPECT_TRUE(std::holds_alternative<NoCredentials>(parse_authorization("")));
  const auto basic = std::get<BasicCredentials>(parse_authorization("bAsIc " + base::to_base64("alice:a:b")));
  EXPECT_EQ(basic.user, "alice");
  EXPECT_EQ(basic.password, "a:b");
  EXPECT_EQ(std::get<BearerCredentials>(parse_authorization("Bearer x.y.z")).token, "x.y.z");
  for (const char* bad : {"Basic", "Basic !!!", "Basic YWxpY2U=", "Bearer", "Bearer a b", "Digest x", "x"}) {
    EXPECT_THROW(parse_authorization(bad), base::Error) << bad;
  }
}

}  // namespace
}  // namespace davit::auth
