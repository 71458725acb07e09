#include "transfer/archive_documents.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::transfer {

namespace {

const std::string kHex(64, 'a');

template <typename Act>
std::string error_of(Act act) {
  try {
    act();
  } catch (const base::Error& error) {
    return error.message();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

oci::Descriptor annotated(const std::string& given, const std::string& ref_name) {
  oci::Descriptor made{.media_type = "x", .digest = oci::Digest::parse("sha256:" + kHex)};
  if (!given.empty()) made.annotations[std::string(kImageNameAnnotation)] = given;
  if (!ref_name.empty()) made.annotations[std::string(kRefNameAnnotation)] = ref_name;
  return made;
}

std::string name_of(const std::string& given, const std::string& ref_name) {
  const auto found = image_name(annotated(given, ref_name));
  return found ? found->text() : "none";
}

}  // namespace

TEST(ArchiveDocuments, NamesOfEntriesAreCleanedAndNeverLeadOutside) {
  EXPECT_EQ(entry_name("./blobs//sha256/x"), "blobs/sha256/x");
  EXPECT_EQ(entry_name("a/"), "a");
  EXPECT_EQ(entry_name("./"), "");
  EXPECT_EQ(entry_name("a/..b/c.."), "a/..b/c..");
  for (const char* bad : {"/a", "../a", "a/../b", "a/..", ".."}) EXPECT_EQ(entry_name(bad), std::nullopt) << bad;
  EXPECT_EQ(entry_name(std::string_view("a\0b", 3)), std::nullopt);
}

TEST(ArchiveDocuments, LinksLeadSomewhereInTheArchive) {
  EXPECT_EQ(link_target_name("a/layer.tar", "../b/layer.tar"), "b/layer.tar");
  EXPECT_EQ(link_target_name("layer.tar", "./b//layer.tar"), "b/layer.tar");
  for (const char* bad : {"/etc/passwd", "../../x", "../../../a/layer.tar"})
    EXPECT_EQ(link_target_name("a/layer.tar", bad), std::nullopt) << bad;
}

TEST(ArchiveDocuments, BlobsAndLayersAreToldByTheirNames) {
  const oci::Digest digest = oci::Digest::parse("sha256:" + kHex);
  EXPECT_EQ(blob_digest("blobs/sha256/" + kHex), digest);
  EXPECT_EQ(blob_digest(blob_name(digest)), digest);
  EXPECT_EQ(layer_diff_id(kHex + ".tar"), digest);
  for (const std::string& no : std::vector<std::string>{"blobs/sha256/" + kHex + "/x", "blobs/sha256/aa",
                                                        "blobs/md5/" + kHex, "sha256/" + kHex})
    EXPECT_EQ(blob_digest(no), std::nullopt) << no;
  EXPECT_EQ(layer_diff_id(kHex + "/layer.tar"), std::nullopt);
}

TEST(ArchiveDocuments, ManifestJsonIsReadAsDockerWritesIt) {
  const auto images = parse_docker_manifest(
      R"([{"Config":"c.json","RepoTags":["a:1","b:2"],"Layers":["x/layer.tar"],"Parent":"sha256:1"},)"
      R"({"Config":"d.json","RepoTags":null,"Layers":null}])");
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[0].config, "c.json");
  EXPECT_EQ(images[0].repo_tags, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(images[0].layers, std::vector<std::string>{"x/layer.tar"});
  EXPECT_TRUE(images[1].repo_tags.empty() && images[1].layers.empty());
  EXPECT_TRUE(parse_docker_manifest("[]").empty());
  EXPECT_EQ(parse_docker_manifest(docker_manifest_json(images)), images);
}

TEST(ArchiveDocuments, AWrongManifestJsonIsToldWithThePlace) {
  EXPECT_EQ(error_of([] { parse_docker_manifest("{}"); }),
            "invalid manifest.json: the document must be an array, not an object");
  EXPECT_EQ(error_of([] { parse_docker_manifest(R"([{"Layers":[]}])"); }),
            "invalid manifest.json: [0].Config is missing");
  EXPECT_EQ(error_of([] { parse_docker_manifest(R"([{"Config":1}])"); }),
            "invalid manifest.json: [0].Config must be a string, not a number");
  error_of([] { parse_docker_manifest("null"); });
  error_of([] { parse_docker_manifest(R"([{"Config":"a","Layers":[1]}])"); });
  error_of([] { parse_docker_manifest(std::string(5'000'000, ' ')); });
}

TEST(ArchiveDocuments, OnlyLayoutsOfVersion1AreRead) {
  check_oci_layout(oci_layout_json());
  check_oci_layout(R"({"imageLayoutVersion":"1.1.0","more":1})");
  EXPECT_EQ(error_of([] { check_oci_layout(R"({"imageLayoutVersion":"2.0.0"})"); }),
            "the archive's OCI layout is of version '2.0.0': davit reads version 1");
  error_of([] { check_oci_layout("{}"); });
}

TEST(ArchiveDocuments, AnImagesNameIsContainerdsElseARefNameWithARepository) {
  EXPECT_EQ(name_of("docker.io/library/app:1", "1"), "docker.io/library/app:1");
  EXPECT_EQ(name_of("", "localhost/app:1"), "localhost/app:1");
  EXPECT_EQ(name_of("", "app:1"), "docker.io/library/app:1");
  EXPECT_EQ(name_of("", "127.0.0.1:5000/app"), "127.0.0.1:5000/app:latest");
  EXPECT_EQ(name_of("", "1.0.0"), "none");
  EXPECT_EQ(name_of("", ""), "none");
  EXPECT_EQ(name_of("app@sha256:" + kHex, ""), "none");
  EXPECT_EQ(error_of([] { name_of("BAD:1", ""); }),
            "index.json: 'BAD:1': invalid reference format: repository name must be lowercase");
  const oci::Reference name = oci::Reference::parse("app:1");
  EXPECT_EQ(name_of(name_annotations(name).at(std::string(kImageNameAnnotation)), ""), name.text());
}

TEST(ArchiveDocuments, RepoTagsAreRefusedInDockersWords) {
  EXPECT_EQ(parse_repo_tag("app:1").text(), "docker.io/library/app:1");
  EXPECT_EQ(error_of([] { parse_repo_tag("a"); }), "invalid tag \"a\"");
  EXPECT_EQ(error_of([] { parse_repo_tag("BAD:1"); }), "invalid reference format: repository name must be lowercase");
}

TEST(ArchiveDocuments, RepositoriesAreSorted) {
  EXPECT_EQ(repositories_json({{"b", {{"2", "y"}, {"1", "x"}}}, {"a", {{"1", "z"}}}}),
            R"({"a":{"1":"z"},"b":{"1":"x","2":"y"}})");
}

}  // namespace davit::transfer
