#include "remote/referrers.h"

#include "remote/test_support.h"

namespace davit::remote {
namespace {

using base::Code;

const oci::Digest kSubject = oci::Digest::from_hex(oci::Algorithm::kSha256, std::string(64, 'a'));
const std::string kPath = "/v2/team/app/referrers/" + kSubject.text();

std::string index_of(char digit) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":)"
         R"("application/vnd.oci.image.manifest.v1+json","size":7,"artifactType":"application/x-sbom","digest":"sha256:)" +
         std::string(64, digit) + "\"}]}";
}

class Referrers : public RemoteTest {
 protected:
  static Reply page(char digit, const std::string& link = "") {
    Reply reply{.headers = {{"Content-Type", std::string(oci::media_type::kOciIndex)}}, .body = index_of(digit)};
    if (!link.empty()) reply.headers.emplace_back("Link", link);
    return reply;
  }
};

TEST_F(Referrers, PagesAreFollowed) {
  server.on("GET", kPath, {page('1', "<" + kPath + "?last=1>; rel=\"next\""), page('2')});
  RegistryClient registry = client();
  const auto found = list_referrers(registry, repository(), kSubject);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].digest.hex(), std::string(64, '1'));
  EXPECT_EQ((*found)[1].artifact_type, "application/x-sbom");
  EXPECT_EQ(server.requests().at(1).query, "last=1");
  EXPECT_EQ(server.requests().at(0).header("accept"), oci::media_type::kOciIndex);
}

TEST_F(Referrers, ARegistryWithoutTheApiIsNothing) {
  RegistryClient registry = client();
  for (const Reply& reply :
       {Reply{.status = 404, .body = "404 page not found"}, Reply{.status = 405},
        Reply{.status = 200, .headers = {{"Content-Type", "text/html"}}, .body = "<html>welcome</html>"}}) {
    server.on("GET", kPath, {reply});
    EXPECT_EQ(list_referrers(registry, repository(), kSubject), std::nullopt) << reply.status;
  }
}

TEST_F(Referrers, ARefusalAndAnEndlessListAreErrors) {
  RegistryClient registry = client();
  server.on("GET", kPath, {Reply{.status = 403}});
  EXPECT_EQ(error_of([&] { list_referrers(registry, repository(), kSubject); }).code(), Code::kPermissionDenied);
  server.on("GET", kPath, {page('1', "<" + kPath + "?last=1>; rel=\"next\"")});
  EXPECT_NE(error_of([&] { list_referrers(registry, repository(), kSubject); }).message().find("do not end"),
            std::string::npos);
}

TEST_F(Referrers, MoreThanMemoryIsForAreRefused) {
  std::string entries;
  for (int i = 0; i < 4'000; ++i) {
    entries += std::string(i == 0 ? "" : ",") +
               R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","size":7,)" + "\"digest\":\"" +
               kSubject.text() + "\"}";
  }
  int pages = 0;
  server.on("GET", kPath, [&](const RecordedRequest&) {
    Reply reply{.headers = {{"Content-Type", std::string(oci::media_type::kOciIndex)},
                            {"Link", "<" + kPath + "?last=" + std::to_string(++pages) + ">; rel=\"next\""}},
                .body = R"({"schemaVersion":2,"manifests":[)" + entries + "]}"};
    return reply;
  });
  RegistryClient registry = client();
  EXPECT_NE(error_of([&] { list_referrers(registry, repository(), kSubject); }).message().find("too many"),
            std::string::npos);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(ReferrersTag, IsTheDigestWithADashCutTo64Digits) {
  EXPECT_EQ(referrers_tag(kSubject), "sha256-" + std::string(64, 'a'));
  EXPECT_EQ(referrers_tag(oci::Digest::from_hex(oci::Algorithm::kSha512, std::string(128, 'b'))),
            "sha512-" + std::string(64, 'b'));
}

}  // namespace
}  // namespace davit::remote
