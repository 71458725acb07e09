#include "registry/manifest_document.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::registry {
namespace {

constexpr const char* kOci = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kIndex = "application/vnd.oci.image.index.v1+json";

std::string descriptor(char digit, const std::string& type = "application/vnd.oci.image.layer.v1.tar") {
  return fmt::format(R"({{"mediaType":"{}","digest":"sha256:{}","size":5}})", type, std::string(64, digit));
}

std::string image(const std::string& more = "", const std::string& layers = descriptor('b')) {
  return fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[{}]{}}})", descriptor('a', "x/config"), layers, more);
}

std::string refusal(const std::string& json, const std::string& type = kOci) {
  try {
    read_manifest(json, type);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "taken";
}

TEST(ManifestDocument, NamesItsBlobs) {
  const auto document = read_manifest(image(), kOci);
  EXPECT_EQ(document.blobs.size(), 2U);
  EXPECT_EQ(document.artifact_type, "x/config");
  EXPECT_EQ(document.media_type, kOci);
  EXPECT_EQ(read_manifest(image(R"(,"artifactType":"x/y")"), kOci).artifact_type, "x/y");
  EXPECT_EQ(read_manifest(image(R"(,"annotations":{"a":"b"})"), kOci).annotations, R"({"a":"b"})");
  EXPECT_TRUE(read_manifest(image(",\"subject\":" + descriptor('c')), kOci).subject);
}

TEST(ManifestDocument, LayersThatAreNotDistributedNeedNotBeHere) {
  for (const char* type : {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                           "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}) {
    EXPECT_EQ(read_manifest(image("", descriptor('b', type)), kOci).blobs.size(), 1U) << type;
  }
}

TEST(ManifestDocument, NamesAnIndexsManifests) {
  const auto document =
      read_manifest(fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", descriptor('a', kOci)), kIndex);
  EXPECT_EQ(document.manifests.size(), 1U);
  EXPECT_EQ(read_manifest(R"({"schemaVersion":2,"manifests":[]})", "").media_type, kIndex);
}

TEST(ManifestDocument, IsRefusedByTheReason) {
  EXPECT_THAT(refusal(image(fmt::format(R"(,"mediaType":"{}")", kIndex))), testing::HasSubstr("was sent as"));
  EXPECT_THAT(refusal(image(R"(,"manifests":[])")), testing::HasSubstr("has manifests"));
  EXPECT_THAT(refusal(R"({"schemaVersion":2,"manifests":[],"layers":[]})", kIndex), testing::HasSubstr("has layers"));
  EXPECT_THAT(refusal(R"({"schemaVersion":1,"fsLayers":[]})"), testing::HasSubstr("schema 1"));
  EXPECT_THAT(refusal(R"({"schemaVersion":2})"), testing::HasSubstr("config is missing"));
  EXPECT_THAT(refusal(image(), "text/html"), testing::HasSubstr("no manifest or index"));
  EXPECT_NE(refusal(image("", R"({"digest":"x"})")), "taken");
  EXPECT_NE(refusal("nonsense"), "taken");
}

}  // namespace
}  // namespace davit::registry
