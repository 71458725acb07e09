#include "remote/deletion.h"

#include "remote/test_support.h"

namespace davit::remote {
namespace {

using base::Code;

constexpr char kPath[] = "/v2/team/app/manifests/1.0";

class DeletionTest : public RemoteTest {
 protected:
  Deletion answer(int status, const std::string& body = "") {
    server.on("DELETE", kPath, {Reply{.status = status, .body = body}});
    RegistryClient registry = client();
    return delete_manifest(registry, repository(), "1.0");
  }
};

TEST_F(DeletionTest, TellsWhatBecameOfIt) {
  EXPECT_EQ(answer(202), Deletion::kDeleted);
  EXPECT_EQ(answer(404), Deletion::kNotFound);
  EXPECT_EQ(answer(400, R"({"errors":[{"code":"DIGEST_INVALID"}]})"), Deletion::kRefused);  // docker-registry, of a tag
  EXPECT_EQ(answer(405, R"({"errors":[{"code":"UNSUPPORTED"}]})"), Deletion::kRefused);
}

TEST_F(DeletionTest, ARefusalOfTheUserIsAnError) {
  const auto error = error_of([&] { answer(403, R"({"errors":[{"code":"DENIED","message":"you may not"}]})"); });
  EXPECT_EQ(error.code(), Code::kPermissionDenied);
  EXPECT_EQ(error.message(), "denied: you may not");
}

TEST_F(DeletionTest, AsksForTheRightToDelete) {
  server.on("DELETE", kPath,
            {Reply{.status = 401,
                   .headers = {{"WWW-Authenticate", "Bearer realm=\"" + server.url("/token") + "\",service=\"s\""}}},
             Reply{.status = 202}});
  server.on("GET", "/token", {Reply{.body = R"({"token":"t"})"}});
  RegistryClient registry = client();
  EXPECT_EQ(delete_manifest(registry, repository(), "1.0"), Deletion::kDeleted);
  EXPECT_NE(server.requests("GET", "/token").at(0).query.find("scope=repository%3Ateam%2Fapp%3Adelete%2Cpull"),
            std::string::npos)
      << server.requests("GET", "/token").at(0).query;
}

}  // namespace
}  // namespace davit::remote
