#include "remote/test_support.h"

namespace davit::remote {
namespace {

using base::Code;

constexpr char kUploads[] = "/v2/team/app/blobs/uploads/";
constexpr char kSession[] = "/upload/1";

class PushBlob : public RemoteTest {
 protected:
  PushBlob() {
    content.assign(700'000, 'x');
    for (std::size_t i = 0; i < content.size(); i += 1000) content[i] = static_cast<char>('a' + i % 26);
    blob = {.media_type = "", .digest = codec::digest_of(content), .size = content.size()};
    path = "/v2/team/app/blobs/" + blob.digest.text();
    server.on("POST", kUploads, {begun()});
    server.on("PATCH", kSession, {patched()});
    server.on("PUT", kSession, {{.status = 201}});
  }
  static Reply begun() { return {.status = 202, .headers = {{"Location", std::string(kSession) + "?_state=a%2Fb"}}}; }
  static Reply patched() { return {.status = 202, .headers = {{"Location", std::string(kSession) + "?_state=c"}}}; }

  UploadResult push(RegistryClient& registry, const std::optional<oci::RepositoryName>& mount_from = {}) {
    return registry.push_blob(
        repository(), blob, mount_from,
        [this] {
          ++opened;
          return std::make_unique<base::MemorySource>(content);
        },
        [this](std::int64_t bytes) { sent += bytes; });
  }
  UploadResult push() {
    RegistryClient registry = client();
    return push(registry);
  }

  std::string content, path;
  oci::Descriptor blob{"", codec::digest_of(""), 0, {}, {}, ""};
  std::int64_t sent = 0;
  int opened = 0;
};

TEST_F(PushBlob, one_that_is_there_costs_one_head) {
  server.on("HEAD", path, {{.told_length = 1}});
  EXPECT_EQ(push(), UploadResult::kAlreadyThere);
  EXPECT_EQ(server.log(), std::vector<std::string>{"HEAD " + path});
  EXPECT_EQ(opened, 0);
}

TEST_F(PushBlob, an_upload_is_post_patch_put_with_the_locations_given) {
  EXPECT_EQ(push(), UploadResult::kUploaded);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_EQ(requests[1].method + requests[1].query, "POST");
  EXPECT_EQ(requests[2].method, "PATCH");
  EXPECT_EQ(requests[2].query, "_state=a%2Fb");
  EXPECT_EQ(requests[2].body, content);
  EXPECT_EQ(requests[2].header("content-range"), "");
  EXPECT_EQ(requests[3].method, "PUT");
  EXPECT_EQ(requests[3].query, "_state=c&digest=sha256%3A" + blob.digest.hex());
  EXPECT_EQ(sent, static_cast<std::int64_t>(content.size()));
}

TEST_F(PushBlob, an_empty_blob_needs_no_patch) {
  content.clear();
  blob = {.media_type = "", .digest = codec::digest_of(""), .size = 0};
  EXPECT_EQ(push(), UploadResult::kUploaded);
  EXPECT_TRUE(server.requests("PATCH", kSession).empty());
}

TEST_F(PushBlob, a_mount_saves_the_upload) {
  server.on("POST", kUploads, {{.status = 201}});
  RegistryClient registry = client();
  EXPECT_EQ(push(registry, repository("base/os")), UploadResult::kMounted);
  EXPECT_EQ(server.requests().back().query, "mount=sha256%3A" + blob.digest.hex() + "&from=base%2Fos");
  EXPECT_EQ(opened, 0);
}

TEST_F(PushBlob, a_mount_not_made_goes_on_as_the_upload_that_it_began) {
  RegistryClient registry = client();
  EXPECT_EQ(push(registry, repository("base/os")), UploadResult::kUploaded);
  EXPECT_EQ(server.requests("POST", kUploads).size(), 1u);
}

TEST_F(PushBlob, a_mount_refused_is_no_failure) {
  server.on("POST", kUploads, {{.status = 403}, begun()});
  RegistryClient registry = client();
  EXPECT_EQ(push(registry, repository("base/os")), UploadResult::kUploaded);
  EXPECT_EQ(server.requests("POST", kUploads)[1].query, "");
}

TEST_F(PushBlob, a_broken_or_failing_upload_is_begun_anew) {
  server.on("PATCH", kSession, {{.status = 502}, {.raw = "x"}, {.status = 404}, patched()});
  ClientOptions more = options();
  more.tries = 5;
  RegistryClient registry(server.host(), more, nullptr);
  EXPECT_EQ(push(registry), UploadResult::kUploaded);
  EXPECT_EQ(server.requests("POST", kUploads).size(), 4u);
  EXPECT_EQ(server.requests("PATCH", kSession).back().body, content);
  EXPECT_EQ(sent, static_cast<std::int64_t>(content.size()));
  EXPECT_EQ(opened, 4);
}

TEST_F(PushBlob, an_end_whose_answer_was_lost_is_not_repeated) {
  server.on("PUT", kSession, {{.raw = "x"}});
  server.on("HEAD", path, {{.status = 404}, {.told_length = 1}});
  EXPECT_EQ(push(), UploadResult::kUploaded);
  EXPECT_EQ(server.requests("PATCH", kSession).size(), 1u);
}

TEST_F(PushBlob, a_registry_that_refuses_the_size_gets_chunks_and_keeps_getting_them) {
  std::string got;
  server.on("PATCH", kSession, [&](const RecordedRequest& request) -> Reply {
    const std::size_t length = std::stoull(request.header("content-length"));
    if (length > 300'000) return {.status = 413, .early = true};
    if (request.headers.count("x-scripted-peek") != 0) return {};
    const std::string range = request.header("content-range");
    if (range != std::to_string(got.size()) + "-" + std::to_string(got.size() + length - 1)) return {.status = 416};
    got += request.body;
    return patched();
  });
  server.on("PUT", kSession, [&](const RecordedRequest&) { return Reply{.status = got == content ? 201 : 400}; });
  RegistryClient registry = client();
  EXPECT_EQ(push(registry), UploadResult::kUploaded);
  EXPECT_EQ(got, content);
  EXPECT_EQ(sent, static_cast<std::int64_t>(content.size()));
  const std::size_t before = server.requests("POST", kUploads).size();
  got.clear();
  EXPECT_EQ(push(registry), UploadResult::kUploaded);
  EXPECT_EQ(server.requests("POST", kUploads).size(), before + 1);
}

TEST_F(PushBlob, chunks_are_not_smaller_than_the_registry_wants) {
  Reply begin = begun();
  begin.headers.emplace_back("OCI-Chunk-Min-Length", "400000");
  server.on("POST", kUploads, {begin});
  bool whole = true;
  server.on("PATCH", kSession, [&](const RecordedRequest& request) -> Reply {
    if (whole) {
      whole = request.headers.count("x-scripted-peek") != 0;
      return {.status = 413};
    }
    return patched();
  });
  EXPECT_EQ(push(), UploadResult::kUploaded);
  const auto patches = server.requests("PATCH", kSession);
  ASSERT_EQ(patches.size(), 3u);
  EXPECT_EQ(patches[1].body.size(), 400'000u);
  EXPECT_EQ(patches[2].body.size(), 300'000u);
}

TEST_F(PushBlob, what_is_refused_in_every_size_is_an_error) {
  server.on("PATCH", kSession, {{.status = 413}});
  const auto e = error_of([&] { push(); });
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  EXPECT_NE(e.message().find("Patch \"" + server.url(kSession) + "\": received unexpected HTTP status: 413"),
            std::string::npos)
      << e.message();
}

TEST_F(PushBlob, a_digest_refused_is_told_with_the_registrys_words) {
  server.on(
      "PUT", kSession,
      {{.status = 400,
        .body =
            R"({"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match uploaded content"}]})"}});
  const auto e = error_of([&] { push(); });
  EXPECT_EQ(e.message(), "digest invalid: provided digest did not match uploaded content");
  EXPECT_EQ(server.requests("PUT", kSession).size(), 1u);
  ASSERT_FALSE(e.frames().empty());
}

TEST_F(PushBlob, another_digest_in_the_answer_is_corrupt) {
  server.on("PUT", kSession, {{.status = 201, .headers = {{"Docker-Content-Digest", codec::digest_of("x").text()}}}});
  EXPECT_EQ(error_of([&] { push(); }).code(), Code::kCorrupt);
}

TEST_F(PushBlob, an_upload_may_be_at_another_host) {
  ScriptedServer storage;
  storage.on("PATCH", "/s", {{.status = 202, .headers = {{"Location", "/s2"}}}});
  storage.on("PUT", "/s2", {{.status = 201}});
  server.on("POST", kUploads, {{.status = 202, .headers = {{"Location", storage.url("/s")}}}});
  EXPECT_EQ(push(), UploadResult::kUploaded);
  EXPECT_EQ(storage.requests("PATCH", "/s")[0].body, content);
}

TEST_F(PushBlob, a_missing_location_is_told) {
  server.on("POST", kUploads, {{.status = 202}});
  EXPECT_EQ(error_of([&] { push(); }).code(), Code::kUnavailable);
}

TEST_F(PushBlob, a_source_shorter_than_its_descriptor_is_corrupt_and_not_retried) {
  blob.size += 1;
  EXPECT_EQ(error_of([&] { push(); }).code(), Code::kCorrupt);
  EXPECT_EQ(opened, 1);
}

}  // namespace
}  // namespace davit::remote
