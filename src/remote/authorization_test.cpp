#include <algorithm>
#include <thread>

#include "base/cancellation.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "remote/test_support.h"

namespace davit::remote {
namespace {

using base::Code;

constexpr char kPath[] = "/v2/team/app/manifests/1.0";

class Authorization : public RemoteTest {
 protected:
  Authorization()
      : folder_(testing::TempDir()), store_(std::make_shared<auth::CredentialStore>(folder_.path() / "config.json")) {}

  void log_in(const auth::Credentials& credentials = {"alice", "s3cret", ""}) {
    store_->save(server.host(), credentials);
  }
  RegistryClient client() { return RegistryClient(server.host(), options(), store_); }

  // A registry that wants Basic from alice.
  void want_basic(const std::string& method, const std::string& path, Reply reply) {
    server.on(method, path, [reply](const RecordedRequest& request) -> Reply {
      if (request.header("authorization") == "Basic " + base::to_base64("alice:s3cret")) return reply;
      return {.status = 401, .headers = {{"WWW-Authenticate", R"(Basic realm="r")"}}};
    });
  }

  // A registry that wants a token whose text names the scopes that it is for.
  void want_token(const std::string& method, const std::string& path, const std::string& scope, Reply reply) {
    server.on(method, path, [this, scope, reply](const RecordedRequest& request) -> Reply {
      const std::string token = request.header("authorization");
      const bool good = token.find("Bearer ") == 0 && token.find("[" + scope + "]") != std::string::npos &&
                        token.find("#" + std::to_string(generation)) != std::string::npos;
      if (good) return reply;
      return {.status = 401,
              .headers = {{"WWW-Authenticate",
                           "Bearer realm=\"" + tokens.url("/token") + "\",service=\"reg\",scope=\"" + scope + "\""}}};
    });
  }
  void serve_tokens(const std::string& member = "token", const std::string& more = "") {
    tokens.on("GET", "/token", [this, member, more](const RecordedRequest& request) -> Reply {
      std::string token = "t#" + std::to_string(generation);
      for (const auto& part : base::split(request.query, '&')) {
        if (part.substr(0, 6) == "scope=") token += "[" + decoded(part.substr(6)) + "]";
      }
      return {.body = "{\"" + member + "\":\"" + token + "\"" + more + "}"};
    });
  }
  static std::string decoded(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%') {
        plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        plain += text[i];
      }
    }
    return plain;
  }

  base::fs::TemporaryDirectory folder_;
  std::shared_ptr<auth::CredentialStore> store_;
  ScriptedServer tokens;
  std::atomic<int> generation{0};  // raised: all tokens so far have expired
};

TEST_F(Authorization, credentials_are_sent_only_when_asked_for_and_then_at_once) {
  log_in();
  want_basic("GET", kPath, manifest_reply());
  RegistryClient registry = client();
  registry.get_manifest(repository(), "1.0");
  registry.get_manifest(repository(), "1.0");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].header("authorization"), "");
  EXPECT_NE(requests[2].header("authorization"), "");
}

TEST_F(Authorization, without_credentials_the_words_are_dockers) {
  want_basic("HEAD", kPath, {});
  const auto e = error_of([&] { client().head_manifest(repository(), "1.0"); });
  EXPECT_EQ(e.code(), Code::kUnauthorized);
  EXPECT_EQ(e.message(), "Head \"" + server.url(kPath) + "\": no basic auth credentials");
  want_basic("HEAD", "/v2/team/app/blobs/" + codec::digest_of("x").text(), {});
  EXPECT_EQ(error_of([&] { client().has_blob(repository(), codec::digest_of("x")); }).message(),
            "no basic auth credentials");
}

TEST_F(Authorization, a_wrong_password_is_tried_once) {
  log_in({"alice", "wrong-one", ""});
  want_basic("GET", kPath, manifest_reply());
  const auto e = error_of([&] { client().get_manifest(repository(), "1.0"); });
  EXPECT_EQ(e.code(), Code::kUnauthorized);
  EXPECT_EQ(e.message(), "unauthorized: authentication required");
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(Authorization, a_token_is_fetched_once_per_scope) {
  log_in();
  serve_tokens();
  want_token("GET", kPath, "repository:team/app:pull", manifest_reply());
  want_token("GET", "/v2/other/manifests/1.0", "repository:other:pull", manifest_reply());
  RegistryClient registry = client();
  for (int i = 0; i < 3; ++i) registry.get_manifest(repository(), "1.0");
  EXPECT_EQ(tokens.requests().size(), 1u);
  EXPECT_EQ(server.requests().size(), 4u);
  registry.get_manifest(repository("other"), "1.0");
  ASSERT_EQ(tokens.requests().size(), 2u);
  EXPECT_EQ(server.requests().size(), 5u);  // the challenge is remembered: no second 401
  const auto request = tokens.requests()[0];
  EXPECT_EQ(request.query, "service=reg&scope=repository%3Ateam%2Fapp%3Apull&account=alice");
  EXPECT_EQ(request.header("authorization"), "Basic " + base::to_base64("alice:s3cret"));
}

// A minute of the token server's, which is else given three times as long.
TEST_F(Authorization, a_cancellation_ends_the_wait_for_another_threads_token) {
  tokens.on("GET", "/token", {{.body = "{\"token\":\"t\"}", .stall_after = 3}});
  want_token("GET", kPath, "repository:team/app:pull", manifest_reply());
  ClientOptions patient = options();
  patient.stall_timeout = std::chrono::seconds(60);
  RegistryClient asked(server.host(), patient, nullptr);
  base::Cancellation first, second;
  const auto get = [&](base::Cancellation& cancellation) {
    const base::Cancellation::Scope scope(cancellation);
    EXPECT_EQ(error_of([&] { asked.get_manifest(repository(), "1.0"); }).code(), Code::kCancelled);
  };
  std::jthread fetcher([&] { get(first); });
  while (tokens.requests().empty()) std::this_thread::yield();
  const auto begin = std::chrono::steady_clock::now();
  {
    std::jthread waiter([&] { get(second); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    second.cancel();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  EXPECT_EQ(tokens.requests().size(), 1u);
  first.cancel();
}

TEST_F(Authorization, anonymous_tokens_need_no_credentials) {
  serve_tokens("access_token");
  want_token("GET", kPath, "repository:team/app:pull", manifest_reply());
  EXPECT_EQ(client().get_manifest(repository(), "1.0").bytes, kManifestText);
  EXPECT_EQ(tokens.requests()[0].header("authorization"), "");
  EXPECT_EQ(tokens.requests()[0].query.find("account"), std::string::npos);
}

TEST_F(Authorization, a_token_that_expired_in_mid_work_is_replaced_once) {
  serve_tokens();
  want_token("GET", kPath, "repository:team/app:pull", manifest_reply());
  RegistryClient registry = client();
  registry.get_manifest(repository(), "1.0");
  ++generation;
  registry.get_manifest(repository(), "1.0");
  EXPECT_EQ(tokens.requests().size(), 2u);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(Authorization, a_token_near_its_end_is_not_used) {
  serve_tokens("token", R"(,"expires_in":1)");
  want_token("GET", kPath, "repository:team/app:pull", manifest_reply());
  RegistryClient registry = client();
  registry.get_manifest(repository(), "1.0");
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  registry.get_manifest(repository(), "1.0");
  EXPECT_EQ(tokens.requests().size(), 2u);
  EXPECT_EQ(server.requests().size(), 3u);  // and no 401 was needed to learn that
}

TEST_F(Authorization, a_push_asks_for_pull_and_push_and_a_mount_for_its_source_too) {
  serve_tokens();
  const std::string content = "content";
  const oci::Descriptor blob{.media_type = "", .digest = codec::digest_of(content), .size = content.size()};
  want_token("HEAD", "/v2/team/app/blobs/" + blob.digest.text(), "repository:team/app:pull", {.status = 404});
  want_token("POST", "/v2/team/app/blobs/uploads/", "repository:base/os:pull", {.status = 201});
  RegistryClient registry = client();
  const auto open = [&] { return std::make_unique<base::MemorySource>(content); };
  EXPECT_EQ(error_of([&] { registry.push_blob(repository(), blob, {}, open, {}); }).code(), Code::kUnauthorized);
  EXPECT_NE(decoded(tokens.requests()[0].query).find("scope=repository:team/app:pull,push"), std::string::npos);
}

TEST_F(Authorization, a_mounts_token_is_for_both_repositories) {
  serve_tokens();
  const oci::Descriptor blob{.media_type = "", .digest = codec::digest_of("x"), .size = 1};
  want_token("HEAD", "/v2/team/app/blobs/" + blob.digest.text(), "repository:team/app:pull,push", {.status = 404});
  want_token("POST", "/v2/team/app/blobs/uploads/", "repository:base/os:pull", {.status = 201});
  RegistryClient registry = client();
  const auto open = [] { return std::make_unique<base::MemorySource>("x"); };
  EXPECT_EQ(registry.push_blob(repository(), blob, repository("base/os"), open, {}), UploadResult::kMounted);
  ASSERT_EQ(tokens.requests().size(), 2u);
  EXPECT_EQ(decoded(tokens.requests()[1].query),
            "service=reg&scope=repository:team/app:pull,push&scope=repository:base/os:pull");
}

TEST_F(Authorization, a_scope_of_the_registrys_own_is_asked_for) {
  serve_tokens();
  want_token("GET", kPath, "aws", manifest_reply());
  want_token("GET", "/v2/other/manifests/1.0", "aws", manifest_reply());
  RegistryClient registry = client();
  registry.get_manifest(repository(), "1.0");
  registry.get_manifest(repository("other"), "1.0");
  EXPECT_EQ(decoded(tokens.requests()[1].query), "service=reg&scope=repository:other:pull&scope=aws");
}

TEST_F(Authorization, an_identity_token_is_posted) {
  log_in({"alice", "", "refresh-me&more"});
  tokens.on("POST", "/token", {{.body = R"({"access_token":"t#0[repository:team/app:pull]","expires_in":300})"}});
  want_token("GET", kPath, "repository:team/app:pull", manifest_reply());
  client().get_manifest(repository(), "1.0");
  const auto request = tokens.requests().at(0);
  EXPECT_EQ(request.header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(request.body,
            "grant_type=refresh_token&refresh_token=refresh-me%26more&service=reg&client_id=davit&scope=repository%"
            "3Ateam%2Fapp%3Apull");
  EXPECT_EQ(request.header("authorization"), "");
}

TEST_F(Authorization, threads_that_need_one_token_fetch_it_once) {
  serve_tokens();
  want_token("GET", kPath, "repository:team/app:pull", manifest_reply());
  RegistryClient registry = client();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { EXPECT_EQ(registry.get_manifest(repository(), "1.0").bytes, kManifestText); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(tokens.requests().size(), 1u);
}

TEST_F(Authorization, a_failing_token_server_is_tried_again_and_its_refusal_told) {
  tokens.on("GET", "/token", {{.status = 503}, {.body = R"({"token":"t#0[repository:team/app:pull]"})"}});
  want_token("GET", kPath, "repository:team/app:pull", manifest_reply());
  EXPECT_EQ(client().get_manifest(repository(), "1.0").bytes, kManifestText);

  log_in();
  const auto refusal = [&](const std::string& body) {
    tokens.on("GET", "/token", {{.status = 401, .body = body}});
    return error_of([&] { client().get_manifest(repository(), "1.0"); });
  };
  const std::string what = "Get \"" + server.url(kPath) + "\": ";
  EXPECT_EQ(refusal(R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})").message(),
            what + "unauthorized: authentication required");
  const auto e = refusal(R"({"details":"incorrect username or password"})");
  EXPECT_EQ(e.message(), what + "unauthorized: incorrect username or password");
  EXPECT_EQ(e.code(), Code::kUnauthorized);
}

TEST_F(Authorization, a_grant_too_small_is_access_denied) {
  serve_tokens();
  server.on("GET", kPath, [this](const RecordedRequest& request) -> Reply {
    std::string challenge =
        "Bearer realm=\"" + tokens.url("/token") + "\",service=\"reg\",scope=\"repository:team/app:pull\"";
    if (!request.header("authorization").empty()) challenge += ",error=\"insufficient_scope\"";
    return {.status = 401, .headers = {{"WWW-Authenticate", challenge}}};
  });
  const auto e = error_of([&] { client().get_manifest(repository(), "1.0"); });
  EXPECT_EQ(e.code(), Code::kPermissionDenied);
  EXPECT_EQ(e.message().find("pull access denied for " + server.host() + "/team/app, repository does not exist"), 0u)
      << e.message();
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(Authorization, answers_that_are_no_tokens_are_told) {
  want_token("GET", kPath, "repository:team/app:pull", manifest_reply());
  for (const char* body : {"", "[]", "{}", R"({"token":""})", R"({"token":"a\r\nEvil: 1"})", R"({"token":7})"}) {
    tokens.on("GET", "/token", {{.body = body}});
    const auto e = error_of([&] { client().get_manifest(repository(), "1.0"); });
    EXPECT_EQ(e.code(), Code::kUnavailable) << body;
    EXPECT_NE(e.message().find("has no token"), std::string::npos) << e.message();
  }
}

TEST_F(Authorization, credentials_do_not_follow_a_redirect_nor_answer_its_challenge) {
  log_in();
  ScriptedServer other;
  other.on("GET", "/blob", {{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=phishing"}}}});
  const oci::Descriptor blob{.media_type = "", .digest = codec::digest_of("x"), .size = 1};
  want_basic("GET", "/v2/team/app/blobs/" + blob.digest.text(),
             {.status = 307, .headers = {{"Location", other.url("/blob")}}});
  base::NullSink sink;
  error_of([&] { client().fetch_blob(repository(), blob, 0, sink, [] {}); });
  ASSERT_FALSE(other.requests().empty());
  for (const auto& request : other.requests()) EXPECT_EQ(request.header("authorization"), "");
}

TEST_F(Authorization, an_upload_at_another_host_gets_no_credentials) {
  log_in();
  ScriptedServer storage;
  storage.on("PATCH", "/s", {{.status = 202, .headers = {{"Location", "/s"}}}});
  storage.on("PUT", "/s", {{.status = 201}});
  const oci::Descriptor blob{.media_type = "", .digest = codec::digest_of("x"), .size = 1};
  want_basic("HEAD", "/v2/team/app/blobs/" + blob.digest.text(), {.status = 404});
  want_basic("POST", "/v2/team/app/blobs/uploads/", {.status = 202, .headers = {{"Location", storage.url("/s")}}});
  RegistryClient registry = client();
  registry.push_blob(repository(), blob, {}, [] { return std::make_unique<base::MemorySource>("x"); }, {});
  ASSERT_EQ(storage.requests().size(), 2u);
  for (const auto& request : storage.requests()) EXPECT_EQ(request.header("authorization"), "");
}

TEST_F(Authorization, no_secret_is_in_any_message) {
  log_in();
  serve_tokens();
  const auto clean = [](const base::Error& e) {
    for (const std::string& text : {e.message(), e.frames().empty() ? std::string() : e.frames()[0]}) {
      for (const std::string& secret : {std::string("s3cret"), base::to_base64("alice:s3cret"), std::string("t#0")}) {
        EXPECT_EQ(text.find(secret), std::string::npos) << text;
      }
    }
  };
  want_basic("GET", kPath, {.status = 500});
  clean(error_of([&] { client().get_manifest(repository(), "1.0"); }));
  want_token("GET", kPath, "repository:team/app:pull", {.raw = "x"});
  clean(error_of([&] { client().get_manifest(repository(), "1.0"); }));
}

TEST_F(Authorization, an_unknown_scheme_is_named) {
  server.on("GET", kPath, {{.status = 401, .headers = {{"WWW-Authenticate", "Negotiate"}}}});
  const auto e = error_of([&] { client().get_manifest(repository(), "1.0"); });
  EXPECT_EQ(e.code(), Code::kNotSupported);
  EXPECT_NE(e.message().find("'negotiate'"), std::string::npos) << e.message();
}

TEST_F(Authorization, a_login_is_checked_with_the_password_given_not_the_one_stored) {
  log_in();
  want_basic("GET", "/v2/", {.body = "{}"});
  EXPECT_NO_THROW(client().check_login({"alice", "s3cret", ""}));
  const auto e = error_of([&] { client().check_login({"alice", "wrong", ""}); });
  EXPECT_EQ(e.code(), Code::kUnauthorized);
  EXPECT_EQ(e.message(), "login attempt to " + server.url("/v2/") + " failed with status: 401 Unauthorized");
}

TEST_F(Authorization, a_login_at_a_token_server_asks_for_a_token_without_scope) {
  tokens.on("GET", "/token", [](const RecordedRequest& request) -> Reply {
    if (request.header("authorization") != "Basic " + base::to_base64("alice:s3cret"))
      return {.status = 401, .body = "no"};
    return {.body = R"({"token":"login"})"};
  });
  server.on("GET", "/v2/", [this](const RecordedRequest& request) -> Reply {
    if (request.header("authorization") == "Bearer login") return {.body = "{}"};
    return {.status = 401,
            .headers = {{"WWW-Authenticate", "Bearer realm=\"" + tokens.url("/token") + "\",service=\"reg\""}}};
  });
  EXPECT_NO_THROW(client().check_login({"alice", "s3cret", ""}));
  EXPECT_EQ(tokens.requests()[0].query, "service=reg&account=alice&client_id=davit&offline_token=true");
  const auto e = error_of([&] { client().check_login({"alice", "wrong", ""}); });
  EXPECT_EQ(e.code(), Code::kUnauthorized);
  EXPECT_EQ(e.message(), "Get \"" + server.url("/v2/") + "\": unauthorized: authentication required");
}

}  // namespace
}  // namespace davit::remote
