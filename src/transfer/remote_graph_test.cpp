#include "transfer/remote_graph.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "codec/hash.h"
#include "tests/testing/scripted_server.h"

namespace davit::transfer {
namespace {

using test::RecordedRequest;
using test::Reply;

class RemoteGraphTest : public testing::Test {
 protected:
  oci::RepositoryName repository() const { return oci::RepositoryName::parse(server.host() + "/team/app"); }

  // Serves a manifest of so many bytes (spaces), different for each number.
  oci::Descriptor serve_manifest(std::size_t number, std::size_t size) {
    std::string text = std::to_string(number);
    text.resize(size, ' ');
    const oci::Digest digest = codec::digest_of(text);
    server.on("GET", "/v2/team/app/manifests/" + digest.text(), [text](const RecordedRequest&) {
      return Reply{.headers = {{"Content-Type", std::string(oci::media_type::kOciManifest)}}, .body = text};
    });
    return {.media_type = std::string(oci::media_type::kOciManifest), .digest = digest, .size = size};
  }

  base::Error failure_of(const std::vector<oci::Descriptor>& children) {
    const oci::Index index = {.media_type = std::string(oci::media_type::kOciIndex), .manifests = children};
    const std::string bytes = oci::to_json(index);
    try {
      fetch_graph(
          client, repository(),
          {.descriptor = {.media_type = index.media_type, .digest = codec::digest_of(bytes), .size = bytes.size()},
           .bytes = bytes});
    } catch (const base::Error& e) {
      return e;
    }
    return base::Error(base::Code::kInternal, "no error");
  }

  static remote::ClientOptions options() {
    remote::ClientOptions options;
    options.plain_http = true;
    return options;
  }

  test::ScriptedServer server;
  remote::RegistryClient client{server.host(), options(), nullptr};
};

TEST_F(RemoteGraphTest, TooManyManifestsAreRefusedBeforeAnyIsFetched) {
  std::vector<oci::Descriptor> children;
  for (int i = 0; i < 1000; ++i) {
    children.push_back({.media_type = std::string(oci::media_type::kOciManifest),
                        .digest = codec::digest_of(std::to_string(i)),
                        .size = 4 * 1024 * 1024});
  }
  const base::Error failure = failure_of(children);
  EXPECT_EQ(failure.code(), base::Code::kNotSupported) << failure.message();
  EXPECT_TRUE(server.requests().empty());
}

// What is fetched is held until all is there: no index may make that gigabytes.
TEST_F(RemoteGraphTest, ManifestsAreFetchedUpToSoManyBytes) {
  std::vector<oci::Descriptor> children;
  for (std::size_t i = 0; i < 60; ++i) children.push_back(serve_manifest(i, 4 * 1024 * 1024));
  const base::Error failure = failure_of(children);
  EXPECT_EQ(failure.code(), base::Code::kNotSupported) << failure.message();
  EXPECT_LE(server.requests().size(), 16U + 4U);  // 64 MiB, and those under way
}

}  // namespace
}  // namespace davit::transfer
