#include "transfer/known_layers.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::transfer {
namespace {

oci::Digest digest(char of) { return oci::Digest::parse("sha256:" + std::string(64, of)); }

store::ImageLayer layer(char blob, char diff_id) {
  return {.blob = {.digest = digest(blob)}, .diff_id = digest(diff_id)};
}

TEST(DistinctLayers, HasEachBlobOnce) {
  DistinctLayers distinct;
  EXPECT_TRUE(distinct.is_new(layer('a', '1')));
  EXPECT_TRUE(distinct.is_new(layer('b', '1')));  // the same content, compressed in another way
  EXPECT_FALSE(distinct.is_new(layer('a', '1')));
  EXPECT_FALSE(distinct.is_new(layer('b', '1')));
}

TEST(DistinctLayers, RefusesABlobWithTwoDiffIds) {
  DistinctLayers distinct;
  distinct.is_new(layer('a', '1'));
  try {
    distinct.is_new(layer('a', '2'));
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Code::kCorrupt);
    EXPECT_EQ(error.message(), "layer " + digest('a').text() + " is listed twice, as " + digest('1').text() +
                                   " and as " + digest('2').text());
  }
}

}  // namespace
}  // namespace davit::transfer
