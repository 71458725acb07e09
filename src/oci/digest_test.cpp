#include "oci/digest.h"

#include <string>
#include <unordered_set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "oci/generators.h"

namespace davit::oci {
namespace {

const std::string kHex = "19e438b26043c25a7350fc96dca0d44023cf02013f7917a1bf8f3244823fc6cb";

std::string message_of(const std::string& text) {
  try {
    Digest::parse(text);
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kInvalidArgument);
    return e.message();
  }
  return "";
}

TEST(Digest, KnowsSha256AndSha512) {
  const Digest digest = Digest::parse("sha256:" + kHex);
  EXPECT_EQ(digest.algorithm(), Algorithm::kSha256);
  EXPECT_EQ(digest.hex(), kHex);
  EXPECT_EQ(digest.text(), "sha256:" + kHex);
  EXPECT_EQ(digest.short_hex(), "19e438b26043");
  EXPECT_EQ(Digest::parse("sha512:" + kHex + kHex).algorithm(), Algorithm::kSha512);
}

TEST(Digest, NamesTheTextAndItsFault) {
  EXPECT_EQ(message_of("sha256:abc"), "invalid digest 'sha256:abc': invalid checksum digest length");
  EXPECT_EQ(message_of("sha384:" + kHex), "invalid digest 'sha384:" + kHex + "': unsupported digest algorithm");
  EXPECT_EQ(message_of(kHex), "invalid digest '" + kHex + "': invalid checksum digest format");
  EXPECT_EQ(message_of(""), "invalid digest '': invalid checksum digest format");
  EXPECT_EQ(message_of("a\nb:c"), "invalid digest 'a\\x0ab:c': unsupported digest algorithm");
}

TEST(Digest, RefusesWhatIsAlmostOne) {
  for (const std::string& text : {"sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'g'), "SHA256:" + kHex,
                                  " sha256:" + kHex, "sha256:" + kHex + "\n", "sha256:" + kHex + "0", "sha512:" + kHex,
                                  "sha256::" + kHex, "sha256:" + std::string(63, '0') + '\0'}) {
    EXPECT_FALSE(Digest::try_parse(text)) << text;
    EXPECT_THROW(Digest::parse(text), base::Error) << text;
  }
}

TEST(Digest, FromHexChecksAsParseDoes) {
  EXPECT_EQ(Digest::from_hex(Algorithm::kSha256, kHex), Digest::parse("sha256:" + kHex));
  EXPECT_THROW(Digest::from_hex(Algorithm::kSha512, kHex), base::Error);
  EXPECT_THROW(Digest::from_hex(Algorithm::kSha256, "../" + kHex.substr(3)), base::Error);
}

RC_GTEST_PROP(DigestProperty, TextIsReadBack, (const Digest& digest)) {
  RC_ASSERT(Digest::parse(digest.text()) == digest);
  RC_ASSERT(Digest::try_parse(digest.text()) == digest);
  RC_ASSERT(Digest::from_hex(digest.algorithm(), digest.hex()) == digest);
}

RC_GTEST_PROP(DigestProperty, TryParseAndParseAgree, ()) {
  std::string text = (*rc::gen::arbitrary<Digest>()).text();
  const auto position = *rc::gen::inRange<std::size_t>(0, text.size());
  text[position] = *rc::gen::arbitrary<char>();
  const std::optional<Digest> tried = Digest::try_parse(text);
  if (tried) {
    RC_ASSERT(Digest::parse(text) == *tried);
    RC_ASSERT(tried->text() == text);
  } else {
    RC_ASSERT_THROWS_AS(Digest::parse(text), base::Error);
  }
}

RC_GTEST_PROP(DigestProperty, OrderIsThatOfTheTextWithinAnAlgorithm, (const Digest& a, const Digest& b)) {
  RC_ASSERT((a == b) == (a.text() == b.text()));
  if (a.algorithm() == b.algorithm()) RC_ASSERT((a < b) == (a.text() < b.text()));
  RC_ASSERT(!(a < b && b < a));
}

TEST(Digest, HashesEqualForEqualDigests) {
  const std::unordered_set<Digest> set = {Digest::parse("sha256:" + kHex), Digest::parse("sha256:" + kHex)};
  EXPECT_EQ(set.size(), 1U);
}

}  // namespace
}  // namespace davit::oci
