#include "transfer/blob_fetch.h"

#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/fs/paths.h"
#include "codec/hash.h"
#include "tests/testing/scripted_server.h"

namespace davit::transfer {
namespace {

using test::RecordedRequest;
using test::Reply;

std::string bytes(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 7;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

class NoProgress final : public Progress {
 public:
  void message(const std::string&) override {}
  void layer(const oci::Digest&, LayerStatus, const std::string&) override {}
  void bytes(const oci::Digest&, LayerStatus, std::uint64_t done, std::uint64_t total) override {
    EXPECT_LE(done, total);
  }
};

class BlobFetchTest : public testing::Test {
 protected:
  BlobFetchTest() {
    options.range_size = 100'000;
    options.connections = 4;
    server.on("HEAD", path(), {{.told_length = content.size()}});
    server.on("GET", path(), [this](const RecordedRequest& request) { return ranged(request); });
  }

  // A server that honours ranges.
  Reply ranged(const RecordedRequest& request) const {
    const std::string range = request.header("range");
    if (range.empty()) return {.body = content};
    const std::size_t first = std::stoull(range.substr(range.find('=') + 1));
    const std::string told = range.substr(range.find('-') + 1);
    const std::size_t last = told.empty() ? content.size() - 1 : std::stoull(told);
    return {.status = 206,
            .headers = {{"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                                              std::to_string(content.size())}},
            .body = content.substr(first, last + 1 - first)};
  }
  std::string path() const { return "/v2/team/app/blobs/" + blob.digest.text(); }

  // As far as the least latency makes it; `ask` whether the registry was asked before.
  std::unique_ptr<PullSource> source(bool ask = true) {
    if (ask) registries.writing(repository).has_blob(repository, blob.digest);
    return std::make_unique<PullSource>(registries, repository, false);
  }
  void far() { options.least_latency = std::chrono::microseconds(0); }
  void near() { options.least_latency = std::chrono::hours(1); }

  std::string fetch(blob::BlobWriter& writer, PullSource& from) {
    Connections connections(options.connections);
    FetchContext context = {from, options, connections, progress};
    std::string read;
    base::CallbackSink reader([&](base::ByteView piece) { read += base::as_text(piece); });
    BlobFetch(context, writer, blob).run(reader);
    return read;
  }
  std::set<std::string> ranges() const {
    std::set<std::string> asked;
    for (const auto& request : server.requests("GET", path())) asked.insert(request.header("range"));
    return asked;
  }

  test::ScriptedServer server;
  const std::string content = bytes(950'000);
  const oci::Descriptor blob{.media_type = "x", .digest = codec::digest_of(content), .size = content.size()};
  const oci::RepositoryName repository = oci::RepositoryName::parse(server.host() + "/team/app");
  Registries registries{[](const std::string&, bool) {
                          remote::ClientOptions client_options;
                          client_options.plain_http = true;
                          client_options.tries = 3;
                          client_options.backoff = std::chrono::milliseconds(1);
                          client_options.stall_timeout = std::chrono::seconds(60);
                          return client_options;
                        },
                        {},
                        nullptr};
  base::fs::TemporaryDirectory folder{testing::TempDir(), "blob-fetch-test-"};
  blob::BlobStore store{{folder.path()}};
  FetchOptions options;
  NoProgress progress;
};

TEST_F(BlobFetchTest, FromNearItIsOneStream) {
  near();
  const auto writer = store.ingest(blob.digest, blob.size);
  EXPECT_EQ(fetch(*writer, *source()), content);
  EXPECT_EQ(ranges(), std::set<std::string>{""});
  EXPECT_EQ(writer->commit().digest, blob.digest);
}

TEST_F(BlobFetchTest, AsLongAsTheDistanceIsNotKnownItIsOneStream) {
  far();
  const auto writer = store.ingest(blob.digest, blob.size);
  EXPECT_EQ(fetch(*writer, *source(false)), content);
  EXPECT_EQ(ranges(), std::set<std::string>{""});
}

TEST_F(BlobFetchTest, ASmallBlobIsOneStream) {
  far();
  options.range_size = 475'001;
  const auto writer = store.ingest(blob.digest, blob.size);
  EXPECT_EQ(fetch(*writer, *source()), content);
  EXPECT_EQ(ranges(), std::set<std::string>{""});
}

TEST_F(BlobFetchTest, ASizeThatCannotBeTrueTakesNoMemory) {
  far();
  const oci::Descriptor lie{.media_type = "x", .digest = blob.digest, .size = std::uint64_t{1} << 62};
  const auto writer = store.ingest(lie.digest, lie.size);
  const auto from = source();
  Connections connections(options.connections);
  FetchContext context = {*from, options, connections, progress};
  base::NullSink reader;
  try {
    BlobFetch(context, *writer, lie).run(reader);
    ADD_FAILURE() << "no error";
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kCorrupt) << e.message();
  }
}

TEST_F(BlobFetchTest, FromFarItIsRangesEachAskedForOnceAndReadInOrder) {
  far();
  const auto writer = store.ingest(blob.digest, blob.size);
  EXPECT_EQ(fetch(*writer, *source()), content);
  EXPECT_EQ(ranges().size(), 10U);
  EXPECT_EQ(server.requests("GET", path()).size(), 10U);
  EXPECT_TRUE(ranges().contains("bytes=900000-949999"));
  EXPECT_EQ(writer->commit().digest, blob.digest);
}

TEST_F(BlobFetchTest, RangesThatComeBeforeTheirTurnWaitInTheFile) {
  far();
  std::mutex mutex;
  std::size_t others = 0;
  server.on("GET", path(), [&](const RecordedRequest& request) {
    Reply reply = ranged(request);
    {
      const std::lock_guard lock(mutex);
      if (request.header("range") != "bytes=0-99999") ++others;
    }
    if (request.header("range") == "bytes=0-99999") {
      while (true) {  // the first range is the last one
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const std::lock_guard lock(mutex);
        if (others == 9) break;
      }
    }
    return reply;
  });
  const auto writer = store.ingest(blob.digest, blob.size);
  EXPECT_EQ(fetch(*writer, *source()), content);
}

TEST_F(BlobFetchTest, WhatAnEarlierTryLeftInPiecesIsGoneOnWithFromNearToo) {
  near();
  {
    const auto writer = store.ingest(blob.digest, blob.size);
    writer->begin_pieces();
    writer->write_at(327'680, base::as_byte_view(content).subspan(327'680, 327'680));
  }
  const auto writer = store.ingest(blob.digest, blob.size);
  EXPECT_EQ(fetch(*writer, *source()), content);
  std::uint64_t sent = 0;
  for (const auto& request : server.requests("GET", path())) sent += ranged(request).body.size();
  EXPECT_EQ(sent, content.size() - 327'680);
  EXPECT_EQ(writer->commit().digest, blob.digest);
}

TEST_F(BlobFetchTest, AServerThatGivesRangesNoMoreIsGoneOnWithAsAStream) {
  far();
  std::mutex mutex;
  int asked = 0;
  server.on("GET", path(), [&](const RecordedRequest& request) {
    const std::lock_guard lock(mutex);
    return ++asked <= 3 ? ranged(request) : Reply{.body = content};
  });
  const auto writer = store.ingest(blob.digest, blob.size);
  EXPECT_EQ(fetch(*writer, *source()), content);
  EXPECT_EQ(writer->commit().digest, blob.digest);
}

TEST_F(BlobFetchTest, AServerThatServesFewerConnectionsIsAskedByFewer) {
  far();
  for (const int most : {1, 2}) {
    std::atomic<int> active = 0;
    server.on("GET", path(), [&](const RecordedRequest& request) {
      const bool is_full = ++active > most;
      std::this_thread::sleep_for(std::chrono::milliseconds(is_full ? 0 : 20));
      --active;
      return is_full ? Reply{.status = 503} : ranged(request);
    });
    const auto writer = store.ingest(blob.digest, blob.size);
    EXPECT_EQ(fetch(*writer, *source()), content);
    writer->commit();
    store.remove(blob.digest);
  }
}

TEST_F(BlobFetchTest, AServerThatServesNobodyIsAFailure) {
  far();
  std::atomic<int> asked = 0;
  server.on("GET", path(),
            [&](const RecordedRequest& request) { return ++asked <= 2 ? ranged(request) : Reply{.status = 503}; });
  const auto writer = store.ingest(blob.digest, blob.size);
  const auto from = source();
  try {
    fetch(*writer, *from);
    ADD_FAILURE() << "no error";
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::kUnavailable) << e.message();
  }
  EXPECT_LE(asked, 2 + 4 * 3);
}

TEST_F(BlobFetchTest, AFailureEndsAllConnectionsAndLeavesWhatCame) {
  far();
  server.on("GET", path(), [&](const RecordedRequest& request) {
    Reply reply = ranged(request);
    if (request.header("range") == "bytes=300000-399999") return Reply{.status = 404};
    if (request.header("range") == "bytes=200000-299999") reply.stall_after = 70'000;  // for a minute
    return reply;
  });
  {
    const auto writer = store.ingest(blob.digest, blob.size);
    const auto from = source();
    try {
      fetch(*writer, *from);
      ADD_FAILURE() << "no error";
    } catch (const base::Error& e) {
      EXPECT_EQ(e.code(), base::Code::kNotFound) << e.message();
    }
  }
  EXPECT_TRUE(store.ingest(blob.digest, blob.size)->in_pieces());
}

TEST_F(BlobFetchTest, ACancellationEndsAllConnectionsSoon) {
  far();
  server.on("GET", path(), [&](const RecordedRequest& request) {
    Reply reply = ranged(request);
    reply.stall_after = 10'000;
    return reply;
  });
  base::Cancellation cancellation;
  std::jthread fetcher([&] {
    const base::Cancellation::Scope scope(cancellation);
    const auto writer = store.ingest(blob.digest, blob.size);
    const auto from = source();
    try {
      fetch(*writer, *from);
      ADD_FAILURE() << "no error";
    } catch (const base::Error& e) {
      EXPECT_EQ(e.code(), base::Code::kCancelled) << e.message();
    }
  });
  while (server.requests("GET", path()).size() < 4) std::this_thread::yield();
  cancellation.cancel();
}

TEST_F(BlobFetchTest, AReaderWhoFailsEndsAllConnectionsSoon) {
  far();
  server.on("GET", path(), [&](const RecordedRequest& request) {
    Reply reply = ranged(request);
    if (request.header("range") != "bytes=0-99999") reply.stall_after = 10'000;
    return reply;
  });
  const auto writer = store.ingest(blob.digest, blob.size);
  const auto from = source();
  Connections connections(options.connections);
  FetchContext context = {*from, options, connections, progress};
  base::CallbackSink full([](base::ByteView) { throw base::Error(base::Code::kNoSpace, "full"); });
  EXPECT_THROW(BlobFetch(context, *writer, blob).run(full), base::Error);
}

}  // namespace
}  // namespace davit::transfer
