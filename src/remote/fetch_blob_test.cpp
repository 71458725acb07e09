#include <thread>

#include "base/cancellation.h"
#include "remote/test_support.h"

namespace davit::remote {
namespace {

using base::Code;

class FetchBlob : public RemoteTest {
 protected:
  FetchBlob() {
    for (std::size_t i = 0; content.size() < 200'000; ++i) content += std::to_string(i) + ",";
    blob = {.media_type = "", .digest = codec::digest_of(content), .size = content.size()};
    path = "/v2/team/app/blobs/" + blob.digest.text();
  }

  // A server that honours ranges.
  Reply ranged(const RecordedRequest& request) const {
    const std::string range = request.header("range");
    if (range.empty()) return {.body = content};
    const std::size_t first = std::stoull(range.substr(range.find('=') + 1));
    const std::string last = range.substr(range.find('-') + 1);
    return last.empty() ? part(first) : part(first, std::stoull(last) + 1);
  }
  Reply part(std::size_t first, std::size_t end) const {
    return {.status = 206,
            .headers = {{"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(end - 1) + "/" +
                                              std::to_string(content.size())}},
            .body = content.substr(first, end - first)};
  }
  // Bytes 1000 to before 51000.
  bool fetch_range() {
    received.clear();
    base::CallbackSink sink([this](base::ByteView bytes) { received += base::as_text(bytes); });
    return client().fetch_blob_range(repository(), blob, 1000, 51'000, sink);
  }
  Reply part(std::size_t first) const {
    return {.status = 206,
            .headers = {{"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(content.size() - 1) +
                                              "/" + std::to_string(content.size())}},
            .body = content.substr(first)};
  }
  void fetch(std::uint64_t offset = 0) {
    received = content.substr(0, offset);
    base::CallbackSink sink([this](base::ByteView bytes) { received += base::as_text(bytes); });
    client().fetch_blob(repository(), blob, offset, sink, [this] {
      received.clear();
      ++restarts;
    });
  }
  std::vector<std::string> ranges() const {
    std::vector<std::string> asked;
    for (const auto& request : server.requests("GET", path)) asked.push_back(request.header("range"));
    return asked;
  }

  std::string content, path, received;
  oci::Descriptor blob{"", codec::digest_of(""), 0, {}, {}, ""};
  int restarts = 0;
};

TEST_F(FetchBlob, the_whole_goes_to_the_sink_in_one_request) {
  server.on("GET", path, {{.body = content}});
  fetch();
  EXPECT_EQ(received, content);
  EXPECT_EQ(ranges(), std::vector<std::string>{""});
}

TEST_F(FetchBlob, what_is_here_is_not_asked_for_again) {
  server.on("GET", path, [this](const RecordedRequest& request) { return ranged(request); });
  fetch(1000);
  EXPECT_EQ(received, content);
  EXPECT_EQ(ranges(), std::vector<std::string>{"bytes=1000-"});
  fetch(content.size());
  EXPECT_EQ(ranges().size(), 1u);
  EXPECT_EQ(restarts, 0);
}

TEST_F(FetchBlob, a_cut_connection_is_taken_up_where_it_stopped) {
  int cuts = 0;
  server.on("GET", path, [&](const RecordedRequest& request) {
    Reply reply = ranged(request);
    // More cuts than there are tries: each got further, so none of them counts.
    if (++cuts <= 8) reply.cut_after = 20'000;
    return reply;
  });
  fetch();
  EXPECT_EQ(received, content);
  EXPECT_EQ(restarts, 0);
  EXPECT_EQ(ranges().size(), 9u);
  EXPECT_EQ(ranges()[3], "bytes=60000-");
}

TEST_F(FetchBlob, a_server_that_never_gets_further_is_given_up) {
  server.on("GET", path, [&](const RecordedRequest& request) {
    Reply reply = ranged(request);
    reply.cut_after = 0;
    return reply;
  });
  const auto e = error_of([&] { fetch(); });
  EXPECT_EQ(e.code(), Code::kUnavailable);
  EXPECT_NE(e.message().find("unexpected EOF"), std::string::npos) << e.message();
  EXPECT_EQ(ranges().size(), 3u);
  ASSERT_FALSE(e.frames().empty());
  EXPECT_NE(e.frames()[0].find(blob.digest.text()), std::string::npos);
}

TEST_F(FetchBlob, a_stalled_transfer_is_broken_off_and_taken_up) {
  bool stalled = false;
  server.on("GET", path, [&](const RecordedRequest& request) {
    Reply reply = ranged(request);
    if (!stalled) reply.stall_after = 50'000;
    stalled = true;
    return reply;
  });
  fetch();
  EXPECT_EQ(received, content);
  EXPECT_EQ(ranges(), (std::vector<std::string>{"", "bytes=50000-"}));
}

TEST_F(FetchBlob, a_server_without_ranges_makes_the_sink_start_anew) {
  server.on("GET", path, {{.body = content}});
  fetch(1000);
  EXPECT_EQ(received, content);
  EXPECT_EQ(restarts, 1);
}

TEST_F(FetchBlob, a_wrong_range_is_not_believed) {
  for (const Reply& wrong :
       {part(999), Reply{.status = 206, .body = content.substr(1000)},
        Reply{.status = 206, .headers = {{"Content-Range", "bytes x-y/z"}}, .body = content.substr(1000)},
        Reply{.status = 416}}) {
    restarts = 0;
    server.on("GET", path, [&](const RecordedRequest& request) {
      return request.header("range").empty() ? Reply{.body = content} : wrong;
    });
    fetch(1000);
    EXPECT_EQ(received, content);
    EXPECT_EQ(restarts, 1);
  }
}

TEST_F(FetchBlob, a_range_of_a_blob_of_another_size_is_corrupt) {
  Reply wrong = part(1000);
  wrong.headers = {{"Content-Range", "bytes 1000-1999/2000"}};
  server.on("GET", path, {wrong});
  EXPECT_EQ(error_of([&] { fetch(1000); }).code(), Code::kCorrupt);
}

TEST_F(FetchBlob, a_part_is_asked_for_by_its_bounds) {
  server.on("GET", path, [this](const RecordedRequest& request) { return ranged(request); });
  EXPECT_TRUE(fetch_range());
  EXPECT_EQ(received, content.substr(1000, 50'000));
  EXPECT_EQ(ranges(), std::vector<std::string>{"bytes=1000-50999"});
}

TEST_F(FetchBlob, a_part_that_is_cut_or_shorter_than_asked_for_is_taken_up_where_it_stopped) {
  int answers = 0;
  server.on("GET", path, [&](const RecordedRequest& request) {
    Reply reply = ranged(request);
    ++answers;
    if (answers == 1) reply.cut_after = 20'000;
    if (answers == 2) return part(21'000, 31'000);
    return reply;
  });
  EXPECT_TRUE(fetch_range());
  EXPECT_EQ(received, content.substr(1000, 50'000));
  EXPECT_EQ(ranges(), (std::vector<std::string>{"bytes=1000-50999", "bytes=21000-50999", "bytes=31000-50999"}));
}

TEST_F(FetchBlob, a_server_that_gives_no_such_part_is_told_and_nothing_wrong_is_written) {
  Reply longer = part(1000, 51'000);
  longer.body = content.substr(1000, 60'000);
  const std::vector<Reply> wrongs = {
      {.body = content},
      {.status = 416},
      part(999, 51'000),
      part(1000),
      longer,
      {.status = 206, .body = content.substr(1000, 50'000)},
      {.status = 206, .headers = {{"Content-Range", "bytes x-y/z"}}, .body = content.substr(1000, 50'000)},
      {.status = 206, .headers = part(1000, 51'000).headers, .body = ""}};
  for (std::size_t i = 0; i < wrongs.size(); ++i) {
    server.on("GET", path, {wrongs[i]});
    EXPECT_FALSE(fetch_range()) << i;
    EXPECT_EQ(received, content.substr(1000, received.size())) << i;
    EXPECT_LE(received.size(), 50'000U) << i;
  }
}

TEST_F(FetchBlob, a_part_of_a_blob_of_another_size_is_corrupt) {
  Reply wrong = part(1000, 51'000);
  wrong.headers = {{"Content-Range", "bytes 1000-50999/60000"}};
  server.on("GET", path, {wrong});
  EXPECT_EQ(error_of([&] { fetch_range(); }).code(), Code::kCorrupt);
}

TEST_F(FetchBlob, a_cancellation_ends_the_wait_for_a_stalled_server_and_for_the_next_try) {
  for (const bool stalled : {true, false}) {
    server.on("GET", path, [&](const RecordedRequest& request) {
      Reply reply = ranged(request);
      if (stalled) reply.stall_after = 10'000;
      if (!stalled) reply = {.status = 503, .headers = {{"Retry-After", "2"}}};
      return reply;
    });
    const std::size_t before = ranges().size();
    base::Cancellation cancellation;
    std::jthread fetcher([&] {
      const base::Cancellation::Scope scope(cancellation);
      EXPECT_EQ(error_of([&] { fetch(); }).code(), Code::kCancelled);
    });
    while (ranges().size() == before) std::this_thread::yield();
    cancellation.cancel();
  }
}

TEST_F(FetchBlob, how_long_a_registry_takes_to_answer_is_known_once_it_was_asked) {
  server.on("HEAD", path, {{.told_length = content.size(), .delay = std::chrono::milliseconds(30)}});
  RegistryClient asked = client();
  EXPECT_EQ(asked.latency(), std::nullopt);
  asked.has_blob(repository(), blob.digest);
  ASSERT_TRUE(asked.latency());
  EXPECT_GE(*asked.latency(), std::chrono::milliseconds(30));
  server.on("HEAD", path, {{.told_length = content.size()}});
  const auto slow = *asked.latency();
  asked.has_blob(repository(), blob.digest);
  EXPECT_LT(*asked.latency(), slow);
}

TEST_F(FetchBlob, sizes_other_than_told_are_corrupt) {
  for (const std::string& body : {content + "x", content.substr(1)}) {
    for (const bool no_length : {false, true}) {
      server.on("GET", path, {{.body = body, .no_length = no_length}});
      const auto e = error_of([&] { fetch(); });
      EXPECT_EQ(e.code(), Code::kCorrupt);
      EXPECT_NE(e.message().find(blob.digest.text()), std::string::npos) << e.message();
      EXPECT_LE(received.size(), content.size());
    }
  }
}

TEST_F(FetchBlob, bodies_of_failures_never_reach_the_sink) {
  server.on("GET", path,
            {{.status = 500, .body = "oops"},
             {.status = 429, .headers = {{"Retry-After", "0"}}, .body = "slow"},
             {.body = content}});
  fetch();
  EXPECT_EQ(received, content);
  EXPECT_EQ(restarts, 0);
}

TEST_F(FetchBlob, an_absent_blob_is_named) {
  server.on("GET", path,
            {{.status = 404, .body = R"({"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]})"}});
  const auto e = error_of([&] { fetch(); });
  EXPECT_EQ(e.code(), Code::kNotFound);
  EXPECT_EQ(e.message(), "blob " + blob.digest.text() + " not found in " + server.host() +
                             "/team/app: blob unknown: blob unknown to registry");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(FetchBlob, a_redirect_is_followed_anew_on_each_try) {
  ScriptedServer storage;
  int tries = 0;
  storage.on("GET", "/data", [&](const RecordedRequest& request) {
    Reply reply = ranged(request);
    if (++tries == 1) reply.cut_after = 777;
    return reply;
  });
  server.on("GET", path,
            {{.status = 307, .headers = {{"Location", storage.url("/data?sig=1")}}},
             {.status = 307, .headers = {{"Location", storage.url("/data?sig=2")}}}});
  fetch();
  EXPECT_EQ(received, content);
  ASSERT_EQ(storage.requests().size(), 2u);
  EXPECT_EQ(storage.requests()[1].query, "sig=2");
  EXPECT_EQ(storage.requests()[1].header("range"), "bytes=777-");
}

TEST_F(FetchBlob, what_the_sink_throws_ends_the_fetch) {
  server.on("GET", path, {{.body = content}});
  base::CallbackSink full([](base::ByteView) { throw base::Error(Code::kNoSpace, "full"); });
  EXPECT_EQ(error_of([&] { client().fetch_blob(repository(), blob, 0, full, [] {}); }).code(), Code::kNoSpace);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(FetchBlob, presence_is_one_head) {
  server.on("HEAD", path, {{.told_length = content.size()}});
  EXPECT_TRUE(client().has_blob(repository(), blob.digest));
  EXPECT_FALSE(client().has_blob(repository("other"), blob.digest));
  EXPECT_EQ(server.requests().size(), 2u);
}

}  // namespace
}  // namespace davit::remote
