#include "oci/manifest.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace davit::oci {
namespace {

std::string digest(char digit) { return "sha256:" + std::string(64, digit); }

std::string descriptor(const std::string& type, char digit, const std::string& more = "") {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest(digit) + R"(","size":10)" + more + "}";
}

const std::string kOciType(media_type::kOciManifest);
const std::string kConfig = descriptor(std::string(media_type::kOciConfig), 'c');
const std::string kLayer = descriptor(std::string(media_type::kOciLayerGzip), '1');

std::string manifest(const std::string& more = "", const std::string& layers = kLayer) {
  return R"({"schemaVersion":2,"config":)" + kConfig + R"(,"layers":[)" + layers + "]" + more + "}";
}

std::string index(const std::string& manifests, const std::string& more = "") {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + manifests + "]" +
         more + "}";
}

std::string of_platform(char digit, const std::string& os, const std::string& architecture,
                        const std::string& variant = "", const std::string& more = "") {
  return descriptor(kOciType, digit,
                    R"(,"platform":{"os":")" + os + R"(","architecture":")" + architecture + "\"" +
                        (variant.empty() ? "" : R"(,"variant":")" + variant + "\"") + "}" + more);
}

template <typename Function>
std::string message_of(Function function, base::Code code = base::Code::kInvalidArgument) {
  try {
    function();
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), code) << e.message();
    return e.message();
  }
  return "";
}

std::string manifest_message(const std::string& text, const std::string& content_type = "") {
  return message_of([&] { Manifest::parse(text, content_type); });
}

char chosen(const std::string& manifests, const std::string& wanted) {
  const Index parsed = Index::parse(index(manifests));
  const Descriptor* found = parsed.choose(Platform::parse(wanted));
  return found == nullptr ? '-' : found->digest.hex().front();
}

TEST(Manifest, IsRead) {
  const Manifest parsed = Manifest::parse(
      manifest(R"(,"annotations":{"a":"b"},"artifactType":"x/y","subject":)" + descriptor(kOciType, 'e'),
               kLayer + "," + descriptor("application/vnd.unheard.of", '2')));
  EXPECT_EQ(parsed.media_type, media_type::kOciManifest);
  EXPECT_EQ(parsed.config.digest.text(), digest('c'));
  ASSERT_EQ(parsed.layers.size(), 2U);
  EXPECT_EQ(parsed.layers[0].size, 10U);
  EXPECT_EQ(parsed.layers[1].media_type, "application/vnd.unheard.of") << "unknown types are carried";
  EXPECT_EQ(parsed.annotations.at("a"), "b");
  EXPECT_EQ(parsed.artifact_type, "x/y");
  EXPECT_EQ(parsed.subject->digest.text(), digest('e'));
}

TEST(Manifest, TakesItsTypeFromTheDocumentThenFromTheServer) {
  const std::string docker(media_type::kDockerManifest);
  EXPECT_EQ(Manifest::parse(manifest(), docker).media_type, docker);
  EXPECT_EQ(Manifest::parse(manifest(), docker + "; charset=utf-8").media_type, docker);
  EXPECT_EQ(Manifest::parse(manifest(R"(,"mediaType":")" + docker + "\"")).media_type, docker);
  EXPECT_EQ(Manifest::parse(manifest(), "application/json").media_type, media_type::kOciManifest);
  EXPECT_EQ(Manifest::parse(manifest(R"(,"mediaType":")" + docker + "\""), "text/plain").media_type, docker);
}

TEST(Manifest, MustBeWhatTheServerSaidItIs) {
  EXPECT_NE(manifest_message(manifest(R"(,"mediaType":")" + kOciType + "\""), std::string(media_type::kDockerManifest)),
            "");
  EXPECT_NE(manifest_message(manifest(), std::string(media_type::kOciIndex)), "");
  EXPECT_NE(manifest_message(manifest(R"(,"mediaType":"application/vnd.oci.image.index.v1+json")")), "");
  EXPECT_EQ(manifest_message(manifest(R"(,"mediaType":"x/y")")),
            "invalid manifest: the document is of type 'x/y', which is no image manifest");
}

TEST(Manifest, ThatIsAnIndexTooIsRefused) {  // CVE-2021-41190
  EXPECT_NE(manifest_message(manifest(R"(,"manifests":[])")), "");
  EXPECT_NE(message_of([] { Index::parse(index("", R"(,"layers":[])")); }), "");
  EXPECT_NE(message_of([] { Index::parse(index("", R"(,"config":null)")); }), "");
  EXPECT_NE(message_of([] { detect_media_type(R"({"schemaVersion":2,"manifests":[],"layers":[]})"); }), "");
}

TEST(Manifest, SaysWhatIsWrongWhere) {
  EXPECT_EQ(manifest_message(manifest("", kLayer + "," + kLayer + R"(,{"mediaType":"x/y","size":1})")),
            "invalid manifest: layers[2].digest is missing");
  EXPECT_EQ(manifest_message(manifest("", R"({"mediaType":"x/y","digest":")" + digest('1') + R"(","size":-5})")),
            "invalid manifest: layers[0].size must not be negative (-5)");
  EXPECT_EQ(manifest_message(manifest("", R"({"mediaType":"","digest":")" + digest('1') + R"(","size":5})")),
            "invalid manifest: layers[0].mediaType must not be empty");
  EXPECT_EQ(manifest_message(manifest("", "7")), "invalid manifest: layers[0] must be an object, not a number");
  EXPECT_EQ(manifest_message(R"({"schemaVersion":2,"layers":[]})"), "invalid manifest: config is missing");
  EXPECT_EQ(manifest_message(R"({"schemaVersion":2,"config":)" + kConfig + "}"), "invalid manifest: layers is missing");
  EXPECT_EQ(manifest_message(R"({"config":)" + kConfig + R"(,"layers":[]})"),
            "invalid manifest: schemaVersion is missing");
  EXPECT_EQ(manifest_message(R"({"schemaVersion":3,"config":)" + kConfig + R"(,"layers":[]})"),
            "invalid manifest: schemaVersion must be 2, not 3");
  EXPECT_EQ(manifest_message("<html>"), "invalid manifest: at byte 0: not valid JSON (syntax error)");
  EXPECT_EQ(manifest_message(std::string(kMaxManifestBytes + 1, ' ')),
            "invalid manifest: 4194305 bytes are more than the 4194304 that davit accepts");
}

TEST(Manifest, MayHaveNoLayers) {
  EXPECT_TRUE(Manifest::parse(manifest("", "")).layers.empty());
  EXPECT_TRUE(Manifest::parse(R"({"schemaVersion":2,"layers":null,"config":)" + kConfig + "}").layers.empty());
}

TEST(Manifest, OfSchema1IsRefusedInClearWords) {
  const std::string words =
      "this is a docker schema 1 image, a format no longer in use: it must be pushed again by a current client "
      "(docker, podman, davit), which stores it as docker schema 2 or OCI";
  const auto refusal = [](const std::string& text, std::string_view content_type = {}) {
    return message_of([&] { Manifest::parse(text, content_type); }, base::Code::kNotSupported);
  };
  EXPECT_EQ(refusal(R"({"schemaVersion":1,"name":"a","tag":"b","fsLayers":[],"history":[]})"), words);
  EXPECT_EQ(refusal(R"({"schemaVersion":1})"), words);
  EXPECT_EQ(refusal("{}", media_type::kDockerSchema1), words);
  EXPECT_EQ(refusal("{}", "application/vnd.docker.distribution.manifest.v1+prettyjws; charset=utf-8"), words);
  EXPECT_EQ(message_of([] { detect_media_type(R"({"schemaVersion":1})"); }, base::Code::kNotSupported), words);
}

TEST(Manifest, IsWrittenInOneOrderAndReadBack) {
  const std::string text = R"({"schemaVersion":2,"mediaType":")" + kOciType + R"(","artifactType":"x/y","config":)" +
                           kConfig + R"(,"layers":[)" + kLayer + R"(],"subject":)" + descriptor(kOciType, 'e') +
                           R"(,"annotations":{"a":"1","b":"2"}})";
  const Manifest parsed = Manifest::parse(text);
  EXPECT_EQ(to_json(parsed), text);
  EXPECT_EQ(Manifest::parse(to_json(parsed)), parsed);
}

TEST(MediaTypeOfADocument, IsItsFieldElseItsShape) {
  EXPECT_EQ(detect_media_type(manifest()), media_type::kOciManifest);
  EXPECT_EQ(detect_media_type(R"({"schemaVersion":2,"manifests":[]})"), media_type::kOciIndex);
  EXPECT_EQ(detect_media_type(R"({"mediaType":"x/y"})"), "x/y");
  EXPECT_NE(message_of([] { detect_media_type("{}"); }), "");
  EXPECT_NE(message_of([] { detect_media_type("[]"); }), "");
}

TEST(Index, IsWrittenInOneOrderAndReadBack) {
  const std::string text = index(of_platform('1', "linux", "amd64"), R"(,"annotations":{"a":"1"})");
  const Index parsed = Index::parse(text);
  EXPECT_EQ(Index::parse(to_json(parsed)), parsed);
  EXPECT_EQ(to_json(Index::parse(to_json(parsed))), to_json(parsed));
}

TEST(IndexChoice, IsTheBestMatchNotTheFirst) {
  const std::string arms = of_platform('5', "linux", "arm", "v5") + "," + of_platform('6', "linux", "arm", "v6") + "," +
                           of_platform('7', "linux", "arm", "v7");
  EXPECT_EQ(chosen(arms, "linux/arm/v7"), '7');
  EXPECT_EQ(chosen(arms, "linux/arm/v6"), '6');
  EXPECT_EQ(chosen(arms, "linux/arm64"), '7');
  EXPECT_EQ(chosen(arms + "," + of_platform('8', "linux", "arm64", "v8"), "linux/arm64"), '8');
  EXPECT_EQ(chosen(arms, "linux/amd64"), '-');
  EXPECT_EQ(chosen(of_platform('3', "linux", "386") + "," + of_platform('6', "linux", "amd64"), "linux/amd64"), '6');
  EXPECT_EQ(chosen(of_platform('3', "linux", "386"), "linux/amd64"), '3');
}

TEST(IndexChoice, IsTheFirstAmongEquals) {
  EXPECT_EQ(chosen(of_platform('1', "linux", "amd64") + "," + of_platform('2', "linux", "amd64"), "linux/amd64"), '1');
}

TEST(IndexChoice, IsNeverAnAttestation) {
  EXPECT_EQ(chosen(of_platform('1', "unknown", "unknown"), "linux/amd64"), '-');
  EXPECT_EQ(chosen(of_platform('1', "unknown", "unknown"), "unknown/unknown"), '-');
  EXPECT_EQ(chosen(of_platform('1', "linux", "amd64", "",
                               R"(,"annotations":{"vnd.docker.reference.type":"attestation-manifest"})"),
                   "linux/amd64"),
            '-');
}

TEST(IndexChoice, IsNoArtifact) {
  EXPECT_EQ(chosen(descriptor("application/vnd.unheard.of", '1'), "linux/amd64"), '-');
}

TEST(IndexChoice, FallsBackToAManifestThatNamesNoPlatform) {
  const std::string unnamed = descriptor(kOciType, '9');
  EXPECT_EQ(chosen(unnamed, "linux/amd64"), '9');
  EXPECT_EQ(chosen(unnamed + "," + of_platform('1', "linux", "amd64"), "linux/amd64"), '1');
}

TEST(Index, NamesItsPlatformsForMessages) {
  const Index parsed =
      Index::parse(index(of_platform('1', "linux", "amd64") + "," + of_platform('2', "linux", "arm64", "v8") + "," +
                         of_platform('3', "unknown", "unknown") + "," + of_platform('4', "linux", "amd64")));
  EXPECT_EQ(parsed.platforms_text(), "linux/amd64, linux/arm64/v8");
  EXPECT_EQ(Index::parse(index("")).platforms_text(), "");
}

}  // namespace
}  // namespace davit::oci
