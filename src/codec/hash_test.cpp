#include "codec/hash.h"

#include <gtest/gtest.h>

#include "codec/test_support.h"

namespace davit::codec {

TEST(Hash, GivesTheKnownDigestsOfFips180) {
  EXPECT_EQ(digest_of("").text(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of("abc").text(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(
      digest_of("abc", oci::Algorithm::kSha512).text(),
      "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4"
      "423643ce80e2a9ac94fa54ca49f");
}

TEST(Hash, OfPiecesEqualsThatOfTheWhole) {
  const std::string text = testing::sample_bytes(100'000);
  HashSink sink;
  for (std::size_t at = 0, step = 1; at < text.size(); at += step, step = step * 3 + 1)
    sink.write(base::as_byte_view(text).subspan(at, std::min(step, text.size() - at)));
  EXPECT_EQ(sink.digest(), digest_of(text));
  EXPECT_EQ(sink.size(), text.size());
}

TEST(Hash, WritingGoesOnAfterADigestWasTaken) {
  HashSink sink;
  sink.write(base::as_byte_view("ab"));
  EXPECT_EQ(sink.digest(), digest_of("ab"));
  EXPECT_EQ(sink.digest(), digest_of("ab"));
  sink.write(base::as_byte_view("c"));
  EXPECT_EQ(sink.digest(), digest_of("abc"));
}

}  // namespace davit::codec
