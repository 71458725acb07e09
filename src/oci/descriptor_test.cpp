#include "oci/descriptor.h"

#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/json.h"

namespace davit::oci {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

Descriptor read(const std::string& text) {
  const json::Document document = json::Document::parse(text, "descriptor");
  return json::read_descriptor(document.root());
}

TEST(MediaType, TellsManifestsIndexesAndLayersApart) {
  using namespace media_type;
  EXPECT_TRUE(is_manifest(kOciManifest) && is_manifest(kDockerManifest));
  EXPECT_TRUE(is_index(kOciIndex) && is_index(kDockerIndex));
  EXPECT_FALSE(is_manifest(kOciIndex) || is_index(kOciManifest) || is_manifest(kDockerSchema1));
  EXPECT_TRUE(is_schema1(kDockerSchema1) && is_schema1(kDockerSchema1Signed));
  for (const auto type :
       {kOciLayerTar, kOciLayerGzip, kOciLayerZstd, kDockerLayerGzip, kDockerLayerTar, kDockerForeignLayer}) {
    EXPECT_TRUE(is_layer(type)) << type;
    EXPECT_EQ(is_foreign(type), type == kDockerForeignLayer) << type;
  }
  EXPECT_TRUE(is_foreign("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"));
  EXPECT_FALSE(is_layer("application/vnd.in-toto+json"));
  EXPECT_FALSE(is_layer(kOciConfig) || is_layer("") || is_layer("application/vnd.oci.image.layer.v1.tar+xz"));
}

TEST(Descriptor, IsReadInFull) {
  const Descriptor descriptor =
      read(R"({"mediaType":"x/y","size":7,"digest":")" + kDigest +
           R"(","urls":["https://h/a"],"annotations":{"k.k":"v"},"artifactType":"t/t",)"
           R"("platform":{"os":"linux","architecture":"arm","variant":"v6","os.version":"1"},"data":"e30="})");
  EXPECT_EQ(descriptor.media_type, "x/y");
  EXPECT_EQ(descriptor.size, 7U);
  EXPECT_EQ(descriptor.digest.text(), kDigest);
  EXPECT_EQ(descriptor.urls, std::vector<std::string>{"https://h/a"});
  EXPECT_EQ(descriptor.annotations.at("k.k"), "v");
  EXPECT_EQ(descriptor.artifact_type, "t/t");
  EXPECT_EQ(descriptor.platform, (Platform{"linux", "arm", "v6", "1"}));
}

TEST(Descriptor, IsWrittenAsItIsRead) {
  const std::string text =
      R"({"mediaType":"x/y","digest":")" + kDigest +
      R"(","size":7,"urls":["https://h/a"],"annotations":{"a":"1","b":"2"},)"
      R"("platform":{"architecture":"arm","os":"linux","os.version":"1","variant":"v6"},"artifactType":"t/t"})";
  EXPECT_EQ(boost::json::serialize(json::write_descriptor(read(text))), text);
}

TEST(Descriptor, LeavesOutWhatIsEmpty) {
  const std::string text = R"({"mediaType":"x/y","digest":")" + kDigest + R"(","size":0})";
  EXPECT_EQ(boost::json::serialize(json::write_descriptor(read(text))), text);
}

}  // namespace
}  // namespace davit::oci
