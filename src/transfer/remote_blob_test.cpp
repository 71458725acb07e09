#include "transfer/remote_blob.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "codec/hash.h"
#include "http/client.h"
#include "tests/testing/scripted_server.h"

namespace davit::transfer {
namespace {

using test::RecordedRequest;
using test::Reply;

std::string bytes(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

class RemoteBlobTest : public testing::Test {
 protected:
  static remote::ClientOptions options() {
    remote::ClientOptions options;
    options.plain_http = true;
    options.tries = 3;
    options.backoff = std::chrono::milliseconds(1);
    options.stall_timeout = std::chrono::seconds(1);
    return options;
  }
  std::string path() const { return "/v2/team/app/blobs/" + blob.digest.text(); }
  RemoteBlob open() { return RemoteBlob(client, oci::RepositoryName::parse(server.host() + "/team/app"), blob); }
  base::Code failure_of(base::Source& source) {
    try {
      base::read_all(source, SIZE_MAX);
    } catch (const http::TransportError&) {
      ADD_FAILURE() << "a TransportError would be tried again by whoever sends the blob on";
    } catch (const base::Error& e) {
      return e.code();
    }
    ADD_FAILURE() << "no error";
    return base::Code::kInternal;
  }

  test::ScriptedServer server;
  remote::RegistryClient client{server.host(), options(), nullptr};
  const std::string content = bytes(3'000'000);
  oci::Descriptor blob{.media_type = "x", .digest = codec::digest_of(content), .size = content.size()};
};

TEST_F(RemoteBlobTest, GivesTheBlob) {
  server.on("GET", path(), {Reply{.body = content}});
  RemoteBlob source = open();
  EXPECT_EQ(base::read_all(source, SIZE_MAX), content);
}

TEST_F(RemoteBlobTest, GoesOnWhereAConnectionBroke) {
  server.on("GET", path(), [&](const RecordedRequest& request) {
    const std::string range = request.header("range");
    if (range.empty()) return Reply{.body = content, .cut_after = 1'000'000};
    const std::size_t first = std::stoul(range.substr(6));
    return Reply{
        .status = 206,
        .headers = {{"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(content.size() - 1) +
                                          "/" + std::to_string(content.size())}},
        .body = content.substr(first)};
  });
  RemoteBlob source = open();
  EXPECT_EQ(base::read_all(source, SIZE_MAX), content);
  EXPECT_EQ(server.requests("GET", path()).size(), 2U);
}

TEST_F(RemoteBlobTest, GivesEachByteOnceWhereTheServerKnowsNoRanges) {
  server.on("GET", path(), {Reply{.body = content, .cut_after = 1'000'000}, Reply{.body = content}});
  RemoteBlob source = open();
  EXPECT_EQ(base::read_all(source, SIZE_MAX), content);
}

TEST_F(RemoteBlobTest, KeepsBackTheLastBytesOfAWrongBlob) {
  std::string wrong = content;
  wrong[7] ^= 1;
  server.on("GET", path(), {Reply{.body = wrong}});
  RemoteBlob source = open();
  std::string got;
  EXPECT_THROW(
      {
        std::vector<std::byte> buffer(64 * 1024);
        while (const std::size_t count = source.read(buffer)) got.append(count, 'x');
      },
      base::Error);
  EXPECT_LT(got.size(), content.size());
}

TEST_F(RemoteBlobTest, AWrongBlobIsCorruptAndABrokenSourceNoTransportError) {
  std::string wrong = content;
  wrong.back() ^= 1;
  server.on("GET", path(), {Reply{.body = wrong}});
  RemoteBlob bad = open();
  EXPECT_EQ(failure_of(bad), base::Code::kCorrupt);
  server.on("GET", path(), {Reply{.raw = "nonsense\r\n\r\n"}});
  RemoteBlob broken = open();
  EXPECT_EQ(failure_of(broken), base::Code::kUnavailable);
}

TEST_F(RemoteBlobTest, AnEmptyBlobIsVerifiedToo) {
  blob = {.media_type = "x", .digest = codec::digest_of(""), .size = 0};
  RemoteBlob empty = open();
  EXPECT_EQ(base::read_all(empty, SIZE_MAX), "");
  blob.digest = codec::digest_of("not empty");
  RemoteBlob wrong = open();
  EXPECT_EQ(failure_of(wrong), base::Code::kCorrupt);
}

TEST_F(RemoteBlobTest, LettingGoOfItEndsTheFetch) {
  server.on("GET", path(), {Reply{.body = content}});
  {
    RemoteBlob source = open();
    std::vector<std::byte> buffer(10);
    EXPECT_GT(source.read(buffer), 0U);
  }  // must not hang: the pipe is full
}

TEST_F(RemoteBlobTest, AReaderWhoGivesUpDoesNotWaitForAStalledServer) {
  // A minute of a stalled server, which is else given three times as long.
  remote::ClientOptions patient = options();
  patient.stall_timeout = std::chrono::seconds(60);
  remote::RegistryClient patient_client(server.host(), patient, nullptr);
  server.on("GET", path(), {Reply{.body = content, .stall_after = 1000}});
  const auto begin = std::chrono::steady_clock::now();
  {
    RemoteBlob source(patient_client, oci::RepositoryName::parse(server.host() + "/team/app"), blob);
    std::byte some[10];
    ASSERT_GT(source.read(some), 0U);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace davit::transfer
