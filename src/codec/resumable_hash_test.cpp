#include "codec/resumable_hash.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "codec/hash.h"

namespace davit::codec {
namespace {

RC_GTEST_PROP(ResumableHash, SavedAnywhereItGivesWhatOneHashGives,
              (std::string before, std::string after, bool sha512)) {
  const auto algorithm = sha512 ? oci::Algorithm::kSha512 : oci::Algorithm::kSha256;
  ResumableHash first(algorithm);
  first.write(base::as_byte_view(before));
  ResumableHash second = ResumableHash::restore(first.save());
  second.write(base::as_byte_view(after));
  RC_ASSERT(second.digest() == digest_of(before + after, algorithm));
  RC_ASSERT(second.size() == before.size() + after.size());
  RC_ASSERT(first.digest() == digest_of(before, algorithm));
}

TEST(ResumableHash, RefusesWhatIsNoState) {
  ResumableHash hash;
  hash.write(base::as_byte_view("abc"));
  const std::string state = hash.save();
  EXPECT_THROW(ResumableHash::restore(""), base::Error);
  EXPECT_THROW(ResumableHash::restore(state.substr(1)), base::Error);
  EXPECT_THROW(ResumableHash::restore(state + "x"), base::Error);
  for (std::size_t i = 0; i < state.size(); i += 7) {
    std::string damaged = state;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_THROW(ResumableHash::restore(damaged), base::Error) << i;
  }
}

}  // namespace
}  // namespace davit::codec
