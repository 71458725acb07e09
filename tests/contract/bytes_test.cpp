// What every implementation of registry::BlobBytes must do.

#include "registry/bytes.h"

#include <atomic>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "codec/hash.h"

namespace davit::registry {
namespace {

struct Implementation {
  const char* name;
  std::function<std::unique_ptr<BlobBytes>(const std::filesystem::path& folder)> open;
};

class BytesContract : public testing::TestWithParam<Implementation> {
 protected:
  std::unique_ptr<BlobBytes> open() const { return GetParam().open(folder_.path()); }

  static void write(Upload& upload, std::string_view text) { upload.write(base::as_byte_view(text)); }

  static std::string content(BlobBytes& bytes, const oci::Digest& digest) {
    const auto found = bytes.open(digest);
    if (!found) return "none";
    std::string text(found->size, '\0');
    found->file->read_at(std::as_writable_bytes(std::span(text)), 0);
    return text;
  }

  base::fs::TemporaryDirectory folder_{testing::TempDir()};
};

TEST_P(BytesContract, AnUploadBecomesItsBlob) {
  const auto bytes = open();
  const auto digest = codec::digest_of("hello");
  const auto id = bytes->begin_upload("a", oci::Algorithm::kSha256);
  {
    const auto upload = bytes->open_upload("a", id);
    write(*upload, "hel");
    write(*upload, "lo");
    EXPECT_EQ(upload->offset(), 5U);
    EXPECT_FALSE(upload->commit(codec::digest_of("other")));
    EXPECT_TRUE(upload->commit(digest));
  }
  EXPECT_TRUE(bytes->holds(digest, 5));
  EXPECT_FALSE(bytes->holds(digest, 4));
  EXPECT_EQ(content(*bytes, digest), "hello");
  EXPECT_FALSE(bytes->upload_offset("a", id));
  EXPECT_EQ(bytes->open_upload("a", id), nullptr);
  EXPECT_THAT(bytes->list(), testing::ElementsAre(digest));
  bytes->remove(digest);
  EXPECT_EQ(content(*bytes, digest), "none");
}

TEST_P(BytesContract, AnUploadIsGoneOnWithByAnother) {
  const auto sha512 = codec::digest_of("hello", oci::Algorithm::kSha512);
  std::string id;
  {
    const auto bytes = open();
    id = bytes->begin_upload("a", oci::Algorithm::kSha256);
    const auto upload = bytes->open_upload("a", id);
    write(*upload, "hel");
    upload->suspend();
  }
  const auto bytes = open();
  EXPECT_EQ(bytes->upload_offset("a", id), 3U);
  const auto upload = bytes->open_upload("a", id);
  write(*upload, "l");
  upload->rewind();
  EXPECT_EQ(upload->offset(), 3U);
  write(*upload, "lo");
  EXPECT_TRUE(upload->commit(sha512));
  EXPECT_EQ(content(*bytes, sha512), "hello");
}

TEST_P(BytesContract, AnUploadBelongsToOneRepositoryAndOneWriter) {
  const auto bytes = open(), other = open();
  const auto id = bytes->begin_upload("a", oci::Algorithm::kSha256);
  EXPECT_EQ(bytes->open_upload("b", id), nullptr);
  EXPECT_FALSE(bytes->upload_offset("b", id));
  EXPECT_EQ(bytes->open_upload("a", "../../x"), nullptr);
  auto held = bytes->open_upload("a", id);
  EXPECT_THROW(other->open_upload("a", id), base::Error);
  held.reset();
  EXPECT_NE(other->open_upload("a", id), nullptr);
  EXPECT_TRUE(bytes->cancel_upload("a", id));
  EXPECT_FALSE(bytes->cancel_upload("a", id));
}

TEST_P(BytesContract, OldUploadsEnd) {
  const auto bytes = open();
  const auto id = bytes->begin_upload("a", oci::Algorithm::kSha256);
  EXPECT_EQ(bytes->expire_uploads(3600), 0U);
  {
    const auto held = bytes->open_upload("a", id);
    EXPECT_EQ(bytes->expire_uploads(0), 0U);
  }
  EXPECT_EQ(bytes->expire_uploads(0), 1U);
  EXPECT_FALSE(bytes->upload_offset("a", id));
}

TEST_P(BytesContract, LookingForOldUploadsIsInNobodysWay) {
  const auto bytes = open();
  const auto id = bytes->begin_upload("a", oci::Algorithm::kSha256);
  std::atomic<bool> ended = false;
  std::thread looking([&] {
    while (!ended) bytes->expire_uploads(3600);
  });
  for (int i = 0; i < 2000; ++i) EXPECT_NO_THROW(bytes->open_upload("a", id));
  ended = true;
  looking.join();
}

INSTANTIATE_TEST_SUITE_P(Each, BytesContract,
                         testing::Values(Implementation{
                             "Files", [](const std::filesystem::path& folder) { return open_blob_files(folder); }}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace davit::registry
