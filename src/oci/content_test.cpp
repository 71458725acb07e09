#include "oci/content.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/manifest.h"

namespace davit::oci {

namespace {

Descriptor named(char letter, std::string_view type = media_type::kOciLayerGzip) {
  return {.media_type = std::string(type), .digest = Digest::from_hex(Algorithm::kSha256, std::string(64, letter))};
}

// Manifests by the digit or letter of their digest.
class ContentTest : public ::testing::Test {
 protected:
  Descriptor manifest(char letter, char config, const std::string& layers) {
    Manifest made{.media_type = std::string(media_type::kOciManifest), .config = named(config, media_type::kOciConfig)};
    for (const char layer : layers) made.layers.push_back(named(layer));
    documents_[letter] = to_json(made);
    return named(letter, media_type::kOciManifest);
  }
  Descriptor index(char letter, const std::vector<Descriptor>& manifests) {
    documents_[letter] = to_json(Index{.media_type = std::string(media_type::kOciIndex), .manifests = manifests});
    return named(letter, media_type::kOciIndex);
  }
  std::string visited(const Descriptor& top) {
    std::string letters;
    visit_content(
        top,
        [&](const Descriptor& at) -> std::optional<std::string> {
          const auto found = documents_.find(at.digest.hex()[0]);
          if (found == documents_.end()) return std::nullopt;
          return found->second;
        },
        [&](const Descriptor& at) {
          letters += at.digest.hex()[0];
          return at.digest.hex()[0] != stop_at_;
        });
    return letters;
  }
  std::map<char, std::string> documents_;
  char stop_at_ = 0;
};

}  // namespace

TEST_F(ContentTest, EachDigestOnceAndParentsFirst) {
  const Descriptor one = manifest('1', 'a', "bcb"), two = manifest('2', 'd', "ce");
  EXPECT_EQ(visited(one), "1abc");
  EXPECT_EQ(visited(index('3', {one, two, one})), "31abc2de");
  EXPECT_EQ(visited(index('4', {index('3', {one}), two})), "431abc2de");
}

TEST_F(ContentTest, WhatCannotBeReadLeadsNowhere) {
  EXPECT_EQ(visited(index('3', {named('9', media_type::kOciManifest), manifest('1', 'a', "b")})), "391ab");
}

TEST_F(ContentTest, AVisitEndsTheWalk) {
  stop_at_ = 'b';
  EXPECT_EQ(visited(index('3', {manifest('1', 'a', "bc"), manifest('2', 'd', "e")})), "31ab");
}

TEST_F(ContentTest, AConfigOrLayerThatSaysItIsAManifestLeadsNowhere) {
  Manifest made{.media_type = std::string(media_type::kOciManifest), .config = named('a', media_type::kOciIndex)};
  made.layers = {named('1', media_type::kOciManifest)};
  documents_['2'] = to_json(made);
  manifest('1', 'b', "c");
  EXPECT_EQ(visited(named('2', media_type::kOciManifest)), "2a1");
}

TEST_F(ContentTest, IndexesInIndexesWithoutEndAreRefused) {
  Descriptor inner = manifest('f', 'a', "b");
  for (const char letter : std::string("123456789")) inner = index(letter, {inner});
  EXPECT_THROW(visited(inner), base::Error);
}

}  // namespace davit::oci
