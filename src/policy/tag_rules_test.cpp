#include "policy/tag_rules.h"

#include <gtest/gtest.h>

namespace davit::policy {
namespace {

oci::Digest digest(char digit) { return oci::Digest::from_hex(oci::Algorithm::kSha256, std::string(64, digit)); }

TEST(TagRules, FullVersionsAreThoseOfSemverWithOrWithoutV) {
  for (const char* tag : {"1.2.3", "v1.2.3", "0.0.0", "1.2.3-rc.1", "1.2.3-alpine", "1.2.3-alpine3.19"}) {
    EXPECT_TRUE(is_full_version(tag)) << tag;
  }
  for (const char* tag : {"latest", "1", "1.2", "v1.2", "1.2.3.4", "01.2.3", "main", "release-1.2.3", "V1.2.3", ""}) {
    EXPECT_FALSE(is_full_version(tag)) << tag;
  }
}

TEST(TagRules, OnlyAFullVersionThatMeansAnotherIsKept) {
  EXPECT_EQ(judge_move("1.2.3", std::nullopt, digest('a')), TagMove::kNew);
  EXPECT_EQ(judge_move("1.2.3", digest('a'), digest('a')), TagMove::kSame);
  EXPECT_EQ(judge_move("1.2.3", digest('a'), digest('b')), TagMove::kRelease);
  EXPECT_EQ(judge_move("v1.2.3-rc.1", digest('a'), digest('b')), TagMove::kRelease);
  EXPECT_EQ(judge_move("1.2", digest('a'), digest('b')), TagMove::kMove);
  EXPECT_EQ(judge_move("latest", digest('a'), digest('b')), TagMove::kMove);
  EXPECT_EQ(judge_move("latest", std::nullopt, digest('b')), TagMove::kNew);
}

}  // namespace
}  // namespace davit::policy
