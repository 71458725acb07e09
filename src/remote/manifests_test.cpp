#include "remote/test_support.h"

namespace davit::remote {
namespace {

using base::Code;

constexpr char kPath[] = "/v2/team/app/manifests/1.0";

class Manifests : public RemoteTest {};

TEST_F(Manifests, get_gives_the_bytes_and_a_verified_descriptor) {
  server.on("GET", kPath, {manifest_reply()});
  const RemoteManifest manifest = client().get_manifest(repository(), "1.0");
  EXPECT_EQ(manifest.bytes, kManifestText);
  EXPECT_EQ(manifest.descriptor.media_type, kManifestType);
  EXPECT_EQ(manifest.descriptor.digest, codec::digest_of(kManifestText));
  EXPECT_EQ(manifest.descriptor.size, std::string(kManifestText).size());
  const std::string accept = server.requests().at(0).header("accept");
  for (const auto type : {oci::media_type::kDockerManifest, oci::media_type::kDockerIndex,
                          oci::media_type::kOciManifest, oci::media_type::kOciIndex}) {
    EXPECT_NE(accept.find(type), std::string::npos) << type;
  }
  EXPECT_EQ(accept.find("manifest.v1+"), accept.find("manifest.v1+json"));  // OCI's, not docker's schema 1
}

TEST_F(Manifests, head_is_one_request_and_no_ping) {
  const std::string text = kManifestText;
  server.on("HEAD", kPath, {{.headers = manifest_reply().headers, .told_length = text.size()}});
  const auto manifest = client().head_manifest(repository(), "1.0");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->descriptor.digest, codec::digest_of(text));
  EXPECT_EQ(manifest->descriptor.size, text.size());
  EXPECT_EQ(manifest->bytes, "");
  EXPECT_EQ(server.log(), std::vector<std::string>{"HEAD " + std::string(kPath)});
}

TEST_F(Manifests, head_becomes_get_where_the_digest_is_not_told_or_head_not_known) {
  server.on("HEAD", kPath, {{.headers = {{"Content-Type", kManifestType}}, .told_length = 10}, {.status = 405}});
  server.on("GET", kPath,
            {{.headers = {{"Content-Type", std::string(kManifestType) + "; charset=utf-8"}}, .body = kManifestText}});
  RegistryClient registry = client();
  for (int i = 0; i < 2; ++i) {
    const auto manifest = registry.head_manifest(repository(), "1.0");
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->descriptor.digest, codec::digest_of(kManifestText));
    EXPECT_EQ(manifest->descriptor.media_type, kManifestType);
  }
}

TEST_F(Manifests, an_absent_one_is_nothing_for_head_and_dockers_words_for_get) {
  server.on("GET", kPath,
            {{.status = 404, .body = R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})"}});
  EXPECT_EQ(client().head_manifest(repository(), "1.0"), std::nullopt);
  const auto e = error_of([&] { client().get_manifest(repository(), "1.0"); });
  EXPECT_EQ(e.code(), Code::kNotFound);
  EXPECT_EQ(e.message(),
            "manifest for " + server.host() + "/team/app:1.0 not found: manifest unknown: manifest unknown");
}

TEST_F(Manifests, other_refusals_have_dockers_words_too) {
  const auto refusal = [&](int status, const std::string& body) {
    server.on("GET", kPath, {{.status = status, .body = body}});
    return error_of([&] { client().get_manifest(repository(), "1.0"); });
  };
  const std::string name = server.host() + "/team/app";
  EXPECT_EQ(refusal(404, R"({"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]})")
                .message(),
            "repository " + name + " not found: name unknown: repository name not known to registry");
  EXPECT_EQ(refusal(404, "<html>").message(),
            "manifest for " + name + ":1.0 not found: manifest unknown: manifest unknown");
  const auto denied = refusal(403, R"({"errors":[{"code":"DENIED"}]})");
  EXPECT_EQ(denied.code(), Code::kPermissionDenied);
  EXPECT_EQ(denied.message(),
            "pull access denied for " + name +
                ", repository does not exist or may require 'davit login': denied: requested access to the "
                "resource is denied");
  EXPECT_EQ(refusal(401, "").message(), "unauthorized: authentication required");
  const auto limit =
      refusal(429, R"({"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]})");
  EXPECT_EQ(limit.code(), Code::kUnavailable);
  EXPECT_EQ(limit.message(), "toomanyrequests: You have reached your pull rate limit.");
  EXPECT_EQ(refusal(400, "{\"errors\":[{\"code\":\"X_Y\",\"message\":\"a\\u001b[31mb\"}]}").message().find('\x1b'),
            std::string::npos);
}

TEST_F(Manifests, a_failing_registry_is_tried_again) {
  server.on("GET", kPath, {{.status = 500}, {.status = 503}, manifest_reply()});
  EXPECT_EQ(client().get_manifest(repository(), "1.0").bytes, kManifestText);
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(Manifests, but_not_for_ever) {
  server.on("GET", kPath, {{.status = 500}});
  const auto e = error_of([&] { client().get_manifest(repository(), "1.0"); });
  EXPECT_EQ(e.code(), Code::kUnavailable);
  EXPECT_EQ(e.message(), "Get \"" + server.url(kPath) + "\": received unexpected HTTP status: 500 Scripted");
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(Manifests, a_cut_answer_is_tried_again_from_its_start) {
  Reply cut = manifest_reply();
  cut.cut_after = 10;
  server.on("GET", kPath, {cut, manifest_reply()});
  EXPECT_EQ(client().get_manifest(repository(), "1.0").bytes, kManifestText);
}

TEST_F(Manifests, retry_after_is_honoured) {
  server.on("GET", kPath, {{.status = 429, .headers = {{"Retry-After", "1"}}}, manifest_reply()});
  const auto begin = std::chrono::steady_clock::now();
  client().get_manifest(repository(), "1.0");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(Manifests, a_longer_wait_than_ours_is_told_rather_than_sat_out) {
  server.on("GET", kPath, {{.status = 429, .headers = {{"Retry-After", "3600"}}}});
  const auto e = error_of([&] { client().get_manifest(repository(), "1.0"); });
  EXPECT_EQ(e.message(), "toomanyrequests: too many requests (Retry-After: 3600)");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(Manifests, bytes_that_are_not_of_the_digest_are_refused) {
  Reply lie = manifest_reply();
  lie.body += " ";
  server.on("GET", kPath, {lie});
  EXPECT_EQ(error_of([&] { client().get_manifest(repository(), "1.0"); }).code(), Code::kCorrupt);

  const std::string wanted = codec::digest_of("something else").text();
  server.on("GET", "/v2/team/app/manifests/" + wanted, {manifest_reply()});
  server.on("HEAD", "/v2/team/app/manifests/" + wanted, {{.headers = manifest_reply().headers, .told_length = 3}});
  const auto e = error_of([&] { client().get_manifest(repository(), wanted); });
  EXPECT_EQ(e.code(), Code::kCorrupt);
  EXPECT_NE(e.message().find(server.host() + "/team/app@" + wanted), std::string::npos) << e.message();
  EXPECT_EQ(error_of([&] { client().head_manifest(repository(), wanted); }).code(), Code::kCorrupt);
}

TEST_F(Manifests, a_sha512_reference_is_verified_by_its_algorithm) {
  const std::string reference = codec::digest_of(kManifestText, oci::Algorithm::kSha512).text();
  server.on("GET", "/v2/team/app/manifests/" + reference, {manifest_reply()});
  EXPECT_EQ(client().get_manifest(repository(), reference).descriptor.digest.text(), reference);
}

TEST_F(Manifests, one_over_4_mib_is_refused_whether_it_says_so_or_not) {
  const std::string large(oci::kMaxManifestBytes + 1, ' ');
  server.on("GET", kPath,
            {{.headers = {{"Content-Type", kManifestType}}, .body = large},
             {.headers = {{"Content-Type", kManifestType}}, .body = large, .no_length = true}});
  for (int i = 0; i < 2; ++i) {
    const auto e = error_of([&] { client().get_manifest(repository(), "1.0"); });
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    EXPECT_NE(e.message().find("team/app:1.0 is larger than the 4194304 bytes"), std::string::npos) << e.message();
  }
}

TEST_F(Manifests, a_type_that_is_not_told_is_found_in_the_document) {
  server.on("GET", kPath, {{.body = kManifestText}});
  EXPECT_EQ(client().get_manifest(repository(), "1.0").descriptor.media_type, kManifestType);
}

TEST_F(Manifests, an_unreachable_registry_is_told_at_once) {
  std::string host;
  { host = ScriptedServer().host(); }
  ClientOptions patient = options();
  patient.backoff = std::chrono::seconds(60);
  for (const bool fallback : {false, true}) {
    patient.plain_http = !fallback;
    patient.plain_http_fallback = fallback;
    RegistryClient registry(host, patient, nullptr);
    const auto e = error_of([&] { registry.head_manifest(oci::RepositoryName::parse(host + "/team/app"), "1.0.0"); });
    EXPECT_EQ(e.code(), Code::kUnavailable);
    EXPECT_EQ(e.message(), "Head \"http://" + host + "/v2/team/app/manifests/1.0.0\": dial tcp " + host +
                               ": connect: connection refused");
  }
}

TEST_F(Manifests, put_sends_the_bytes_and_verifies_the_digest_named) {
  const std::string digest = codec::digest_of(kManifestText).text();
  server.on("PUT", kPath,
            {{.status = 201, .headers = {{"Docker-Content-Digest", digest}}},
             {.status = 201},
             {.status = 201, .headers = {{"Docker-Content-Digest", codec::digest_of("x").text()}}}});
  RegistryClient registry = client();
  EXPECT_EQ(registry.put_manifest(repository(), "1.0", kManifestType, kManifestText).text(), digest);
  EXPECT_EQ(server.requests()[0].body, kManifestText);
  EXPECT_EQ(server.requests()[0].header("content-type"), kManifestType);
  EXPECT_EQ(registry.put_manifest(repository(), "1.0", kManifestType, kManifestText).text(), digest);
  EXPECT_EQ(error_of([&] { registry.put_manifest(repository(), "1.0", kManifestType, kManifestText); }).code(),
            Code::kCorrupt);
}

TEST_F(Manifests, a_refused_put_gives_the_registrys_reason) {
  server.on(
      "PUT", kPath,
      {{.status = 400,
        .body =
            R"({"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"},{"code":"DENIED"}]})"}});
  const auto e = error_of([&] { client().put_manifest(repository(), "1.0", kManifestType, kManifestText); });
  EXPECT_EQ(e.message(),
            "manifest blob unknown: blob unknown to registry; denied: requested access to the resource is denied");
}

TEST_F(Manifests, plain_http_is_found_where_it_is_allowed_and_remembered) {
  server.on("GET", kPath, {manifest_reply()});
  ClientOptions fallback = options();
  fallback.plain_http = false;
  fallback.plain_http_fallback = true;
  RegistryClient registry(server.host(), fallback, nullptr);
  EXPECT_EQ(registry.get_manifest(repository(), "1.0").bytes, kManifestText);
  const int connections = server.connections();
  EXPECT_EQ(registry.get_manifest(repository(), "1.0").bytes, kManifestText);
  EXPECT_EQ(server.connections(), connections);

  fallback.plain_http_fallback = false;
  RegistryClient strict(server.host(), fallback, nullptr);
  const auto e = error_of([&] { strict.get_manifest(repository(), "1.0"); });
  EXPECT_EQ(e.message(), "Get \"https://" + server.host() + std::string(kPath) +
                             "\": http: server gave HTTP response to HTTPS client");
}

TEST_F(Manifests, the_pull_limit_is_kept_as_last_told) {
  Reply reply = manifest_reply();
  reply.headers.emplace_back("ratelimit-limit", "100;w=21600");
  reply.headers.emplace_back("ratelimit-remaining", "20;w=21600");
  server.on("GET", kPath, {reply});
  RegistryClient registry = client();
  EXPECT_EQ(registry.rate_limit().limit, std::nullopt);
  registry.get_manifest(repository(), "1.0");
  EXPECT_EQ(registry.rate_limit().limit, 100u);
  EXPECT_EQ(registry.rate_limit().remaining, 20u);
  EXPECT_EQ(registry.rate_limit().window, std::chrono::seconds(21600));
}

class Tags : public RemoteTest {};

TEST_F(Tags, pages_are_followed_in_order) {
  const std::string path = "/v2/team/app/tags/list";
  server.on("GET", path, [&](const RecordedRequest& request) -> Reply {
    if (request.query.find("last=b") != std::string::npos) return {.body = R"({"name":"team/app","tags":["c"]})"};
    return {.headers = {{"Link", "<" + path + R"(?last=b&n=2>; rel="next")"}},
            .body = R"({"name":"team/app","tags":["a","b"]})"};
  });
  EXPECT_EQ(client().list_tags(repository()), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(Tags, odd_answers_are_told) {
  const std::string path = "/v2/team/app/tags/list";
  EXPECT_EQ(error_of([&] { client().list_tags(repository()); }).code(), Code::kNotFound);
  server.on("GET", path, {{.body = R"({"tags":null})"}});
  EXPECT_TRUE(client().list_tags(repository()).empty());
  for (const char* body : {"", "[]", "{}", R"({"tags":"a"})", R"({"tags":[1]})", R"({"tags":["a b"]})"}) {
    server.on("GET", path, {{.body = body}});
    EXPECT_EQ(error_of([&] { client().list_tags(repository()); }).code(), Code::kUnavailable) << body;
  }
  server.on("GET", path, {{.headers = {{"Link", "<?n=1>; rel=next"}}, .body = R"({"tags":["a"]})"}});
  EXPECT_EQ(error_of([&] { client().list_tags(repository()); }).code(), Code::kUnavailable);
}

}  // namespace
}  // namespace davit::remote
