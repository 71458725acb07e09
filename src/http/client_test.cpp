#include "http/client.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/interrupt.h"
#include "tests/testing/scripted_server.h"

namespace davit::http {
namespace {

using namespace std::chrono_literals;
using test::RecordedRequest;
using test::Reply;
using test::ScriptedServer;

Request get(const ScriptedServer& server, const std::string& path) { return {.url = Url::parse(server.url(path))}; }

template <typename Call>
TransportError failure_of(Call call) {
  try {
    call();
  } catch (const TransportError& e) {
    return e;
  }
  ADD_FAILURE() << "no TransportError";
  return TransportError(Failure::kBroken, "none");
}

TEST(HttpClient, a_body_goes_to_the_chosen_sink_and_headers_are_kept) {
  ScriptedServer server;
  server.on("GET", "/a", {{.headers = {{"X-Many", "1"}, {"x-many", "2"}}, .body = std::string(300'000, 'x')}});
  Client client({.user_agent = "davit/test"});
  base::StringSink sink;
  const Response response = client.send(get(server, "/a?q=1"), [&](const ResponseHead& head) {
    EXPECT_EQ(head.status, 200);
    return &sink;
  });
  EXPECT_EQ(sink.text(), std::string(300'000, 'x'));
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(response.headers.all("X-MANY"), (std::vector<std::string>{"1", "2"}));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].query, "q=1");
  EXPECT_EQ(requests[0].header("user-agent"), "davit/test");
  EXPECT_EQ(requests[0].header("accept-encoding"), "");
}

TEST(HttpClient, bodies_of_errors_never_reach_the_sink_and_are_cut) {
  ScriptedServer server;
  server.on("GET", "/e", {{.status = 500, .body = std::string(kKeptBodyBytes + 1'000'000, 'e')}});
  Client client;
  const Response response = client.send(get(server, "/e"), [](const ResponseHead&) -> base::Sink* {
    ADD_FAILURE() << "the sink was asked for";
    return nullptr;
  });
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, std::string(kKeptBodyBytes, 'e'));
}

TEST(HttpClient, the_connection_is_kept_for_the_next_request) {
  ScriptedServer server;
  server.on("GET", "/a", {{.body = "x"}});
  Client client;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.send(get(server, "/a")).body, "x");
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, a_kept_connection_that_died_is_replaced_and_the_body_sent_anew) {
  ScriptedServer server;
  server.on("PUT", "/a", {{.status = 201}});
  Client client;
  int opened = 0;
  Request request{.method = "PUT", .url = Url::parse(server.url("/a")), .body_size = 3};
  request.body = [&opened]() -> std::unique_ptr<base::Source> {
    ++opened;
    return std::make_unique<base::MemorySource>("abc");
  };
  EXPECT_EQ(client.send(request).status, 201);
  server.close_idle_connections();
  EXPECT_EQ(client.send(request).status, 201);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[1].body, "abc");
}

TEST(HttpClient, methods_and_bodies_are_sent_as_told) {
  ScriptedServer server;
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) server.on(method, "/m", {{.status = 202}});
  Client client;
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    Request request{
        .method = method, .url = Url::parse(server.url("/m")), .headers = {{"Content-Type", "a/b"}}, .body_size = 5};
    request.body = [] { return std::make_unique<base::MemorySource>("hello"); };
    EXPECT_EQ(client.send(request).status, 202);
    EXPECT_EQ(server.requests().back().body, "hello");
    EXPECT_EQ(server.requests().back().header("content-type"), "a/b");
    EXPECT_EQ(server.requests().back().header("expect"), "");
  }
  EXPECT_EQ(client.send({.method = "POST", .url = Url::parse(server.url("/m"))}).status, 202);
  EXPECT_EQ(server.requests().back().header("content-length"), "0");
  EXPECT_EQ(client.send({.method = "DELETE", .url = Url::parse(server.url("/m"))}).status, 202);
  EXPECT_EQ(server.requests().back().method, "DELETE");
}

TEST(HttpClient, a_source_shorter_than_told_is_an_error_of_ours) {
  ScriptedServer server;
  server.on("PUT", "/m", {{.status = 201}});
  Request request{.method = "PUT", .url = Url::parse(server.url("/m")), .body_size = 9};
  request.body = [] { return std::make_unique<base::MemorySource>("hello"); };
  EXPECT_THROW(Client().send(request), base::Error);
}

TEST(HttpClient, redirects_are_followed_and_authorization_stays_with_its_origin) {
  ScriptedServer other;
  other.on("GET", "/blob", {{.body = "data"}});
  ScriptedServer server;
  server.on("GET", "/a", {{.status = 302, .headers = {{"Location", "/b"}}}});
  server.on("GET", "/b", {{.status = 307, .headers = {{"Location", other.url("/blob?sig=1")}}, .body = "moved"}});
  Client client;
  Request request = get(server, "/a");
  request.headers.set("Authorization", "Bearer secret");
  request.headers.set("Range", "bytes=1-");
  base::StringSink sink;
  const Response response = client.send(request, [&](const ResponseHead&) { return &sink; });
  EXPECT_EQ(sink.text(), "data");
  EXPECT_EQ(response.url.text(), other.url("/blob?sig=1"));
  EXPECT_EQ(server.requests()[1].header("authorization"), "Bearer secret");
  EXPECT_EQ(other.requests()[0].header("authorization"), "");
  EXPECT_EQ(other.requests()[0].header("range"), "bytes=1-");
}

TEST(HttpClient, a_redirected_upload_sends_its_body_to_the_new_place) {
  ScriptedServer server;
  server.on("PUT", "/a", {{.status = 307, .headers = {{"Location", "/b"}}}});
  server.on("PUT", "/b", {{.status = 201}});
  server.on("PUT", "/c", {{.status = 302, .headers = {{"Location", "/b"}}}});
  Request request{.method = "PUT", .url = Url::parse(server.url("/a")), .body_size = 3};
  request.body = [] { return std::make_unique<base::MemorySource>("abc"); };
  EXPECT_EQ(Client().send(request).status, 201);
  EXPECT_EQ(server.requests().back().body, "abc");
  request.url = Url::parse(server.url("/c"));
  EXPECT_EQ(Client().send(request).status, 302);
}

TEST(HttpClient, redirects_end_somewhere) {
  ScriptedServer server;
  server.on("GET", "/a", {{.status = 302, .headers = {{"Location", "/a"}}}});
  EXPECT_THROW(Client({.max_redirects = 3}).send(get(server, "/a")), base::Error);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST(HttpClient, a_refused_connection_is_told_in_dockers_words) {
  std::string host;
  { host = ScriptedServer().host(); }
  const auto e = failure_of([&] {
    Client().send(
        {.method = "HEAD", .url = Url::parse("http://" + host + "/v2/team/app/manifests/1.0.0?token=secret")});
  });
  EXPECT_EQ(e.failure(), Failure::kConnect);
  EXPECT_EQ(e.code(), base::Code::kUnavailable);
  EXPECT_EQ(e.message(), "Head \"http://" + host + "/v2/team/app/manifests/1.0.0\": dial tcp " + host +
                             ": connect: connection refused");
}

TEST(HttpClient, an_unknown_host_is_named) {
  const auto e = failure_of([] { Client().send({.url = Url::parse("http://no-such-host.invalid/x")}); });
  EXPECT_EQ(e.failure(), Failure::kResolve);
  EXPECT_EQ(e.message(), "Get \"http://no-such-host.invalid/x\": dial tcp: lookup no-such-host.invalid: no such host");
}

TEST(HttpClient, a_peer_without_tls_is_recognised) {
  ScriptedServer server;
  const auto e = failure_of([&] { Client().send({.url = Url::parse("https://" + server.host() + "/")}); });
  EXPECT_EQ(e.failure(), Failure::kNotTls);
  EXPECT_NE(e.message().find("server gave HTTP response to HTTPS client"), std::string::npos);
}

TEST(HttpClient, a_cut_answer_is_broken_after_the_sink_had_what_came) {
  ScriptedServer server;
  server.on("GET", "/a", {{.body = "0123456789", .cut_after = 4}});
  base::StringSink sink;
  const auto e = failure_of([&] { Client().send(get(server, "/a"), [&](const ResponseHead&) { return &sink; }); });
  EXPECT_EQ(e.failure(), Failure::kBroken);
  EXPECT_EQ(e.message(), "Get \"" + server.url("/a") + "\": unexpected EOF");
  EXPECT_EQ(sink.text(), "0123");
}

TEST(HttpClient, garbage_and_silence_are_broken) {
  ScriptedServer server;
  server.on("GET", "/garbage", {{.raw = "\x01\x02\x03 what?\r\n\r\n"}});
  server.on("GET", "/huge", {{.raw = "HTTP/1.1 200 OK\r\n" + [] {
              std::string lines;
              for (int i = 0; i < 20'000; ++i)
                lines += "X-Header-" + std::to_string(i) + ": " + std::string(40, 'x') + "\r\n";
              return lines;
            }()}});
  Client client;
  EXPECT_EQ(failure_of([&] { client.send(get(server, "/garbage")); }).failure(), Failure::kBroken);
  EXPECT_EQ(failure_of([&] { client.send(get(server, "/huge")); }).failure(), Failure::kBroken);
}

TEST(HttpClient, a_stalled_transfer_times_out) {
  ScriptedServer server;
  server.on("GET", "/a", {{.body = "0123456789", .stall_after = 4}});
  server.on("GET", "/never", {{.delay = 60s}});
  Client client({.stall_timeout = 1s});
  for (const char* path : {"/a", "/never"}) {
    const auto e = failure_of([&] { client.send(get(server, path)); });
    EXPECT_EQ(e.failure(), Failure::kTimeout);
    EXPECT_EQ(e.code(), base::Code::kTimeout);
    EXPECT_NE(e.message().find("no data from " + server.host() + " for 1 seconds"), std::string::npos) << e.message();
  }
}

TEST(HttpClient, an_interrupt_ends_the_wait_at_once) {
  ScriptedServer server;
  server.on("GET", "/never", {{.delay = 60s}});
  Client client;
  std::thread user([] {
    std::this_thread::sleep_for(200ms);
    base::raise_interrupt_for_test(true);
  });
  const auto begin = std::chrono::steady_clock::now();
  base::Code code = base::Code::kInternal;
  try {
    client.send(get(server, "/never"));
  } catch (const base::Error& e) {
    code = e.code();
  }
  user.join();
  base::raise_interrupt_for_test(false);
  EXPECT_EQ(code, base::Code::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST(HttpClient, what_the_sink_throws_is_what_the_caller_gets) {
  ScriptedServer server;
  server.on("GET", "/a", {{.body = "0123456789"}});
  base::CallbackSink sink([](base::ByteView) { throw base::Error(base::Code::kNoSpace, "full"); });
  Client client;
  try {
    client.send(get(server, "/a"), [&](const ResponseHead&) { return &sink; });
    FAIL();
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kNoSpace);
  }
  EXPECT_THROW(client.send(get(server, "/a"),
                           [](const ResponseHead&) -> base::Sink* { throw base::Error(base::Code::kCorrupt, "no"); }),
               base::Error);
}

TEST(HttpClient, an_upload_refused_before_it_is_read_gives_the_answer) {
  ScriptedServer server;
  server.on("PATCH", "/a", {{.status = 413, .body = "too large", .early = true}});
  Request request{.method = "PATCH", .url = Url::parse(server.url("/a")), .body_size = 64 << 20};
  request.body = [] {
    struct Zeros final : base::Source {
      std::size_t read(base::ByteSpan buffer) override {
        std::fill(buffer.begin(), buffer.end(), std::byte{0});
        return buffer.size();
      }
    };
    return std::make_unique<Zeros>();
  };
  EXPECT_EQ(Client().send(request).status, 413);
}

TEST(HttpClient, several_threads_use_one_client) {
  ScriptedServer server;
  server.on("GET", "/a", [](const RecordedRequest& request) { return Reply{.body = request.query}; });
  Client client;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 50; ++k)
        EXPECT_EQ(client.send(get(server, "/a?" + std::to_string(i))).body, std::to_string(i));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(server.connections(), 4);
}

TEST(HttpClient, a_header_with_a_line_end_is_not_sent) {
  ScriptedServer server;
  Request request = get(server, "/a");
  request.headers.set("X", "1\r\nEvil: 2");
  EXPECT_THROW(Client().send(request), base::Error);
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace davit::http
