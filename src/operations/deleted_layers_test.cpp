#include "operations/deleted_layers.h"

#include <gtest/gtest.h>

#include "codec/hash.h"

namespace davit::operations {
namespace {

oci::Digest digest(const std::string& text) { return codec::digest_of(text); }
oci::Digest chain(const oci::Digest& below, const oci::Digest& layer) {
  return codec::digest_of(below.text() + " " + layer.text());
}

store::ImageRecord image(const std::string& name, const std::vector<std::string>& layers) {
  store::ImageRecord record = {.id = digest(name), .manifest = {.media_type = {}, .digest = digest(name + "m")}};
  for (const std::string& layer : layers) {
    record.layers.push_back({{.media_type = {}, .digest = digest(layer + " blob")}, digest(layer)});
  }
  return record;
}

TEST(DeletedLayers, ALayerGoesWithTheLastImageThatHasIt) {
  const auto one = image("one", {"base", "a"}), two = image("two", {"base", "b"});
  const oci::Digest base = digest("base");
  DeletedLayers layers({one, two});
  EXPECT_EQ(layers.remove(one), (std::vector{one.id, chain(base, digest("a"))}));
  EXPECT_EQ(layers.remove(two), (std::vector{two.id, chain(base, digest("b")), base}));
}

TEST(DeletedLayers, TheSameLayerOnAnotherOneIsAnother) {
  const auto one = image("one", {"base", "base"}), two = image("two", {"base"});
  const oci::Digest base = digest("base");
  DeletedLayers layers({one, two});
  EXPECT_EQ(layers.remove(one), (std::vector{one.id, chain(base, base)}));
  EXPECT_EQ(layers.remove(two), (std::vector{two.id, base}));
}

}  // namespace
}  // namespace davit::operations
