// What is particular to blobs in files; what every blob store promises is in tests/contract/blob_store_test.cpp.

#include "blob/blob_store.h"

#include <cerrno>
#include <csignal>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/paths.h"
#include "codec/hash.h"
#include "tests/testing/child_process.h"

namespace davit::blob {
namespace {

namespace fs = base::fs;

using Steps = void (*)(const std::filesystem::path& root);

const std::string kBytes(300'000, 'b');
const std::size_t kHalf = 150'000;

// A small blob and one that is resumed: all that a pull does.
void store_two(const std::filesystem::path& root) {
  BlobStore store({root});
  store.put("small");
  if (const auto first = store.ingest(codec::digest_of(kBytes), kBytes.size()); first && first->offset() == 0) {
    first->write(base::as_byte_view(kBytes).first(kHalf));
  }
  const auto writer = store.ingest(codec::digest_of(kBytes), kBytes.size());
  if (!writer) return;
  writer->write(base::as_byte_view(kBytes).subspan(writer->offset()));
  writer->commit();
}

// The same in two steps, with one sync for both.
void seal_two(const std::filesystem::path& root) {
  BlobStore store({root});
  std::vector<std::unique_ptr<SealedBlob>> sealed;
  sealed.push_back(store.seal("small"));
  if (const auto writer = store.ingest(codec::digest_of(kBytes), kBytes.size())) {
    writer->write(base::as_byte_view(kBytes).subspan(writer->offset()));
    sealed.push_back(writer->seal());
  }
  store.commit(std::move(sealed), [&] { store.sync(); });
}

// The same where the second comes in pieces.
void store_two_in_pieces(const std::filesystem::path& root) {
  BlobStore store({root});
  store.put("small");
  const base::ByteView bytes = base::as_byte_view(kBytes);
  const auto fetch = [&](bool all) {
    const auto writer = store.ingest(codec::digest_of(kBytes), kBytes.size());
    if (!writer) return;
    writer->begin_pieces();
    if (!all) return writer->write_at(kHalf, bytes.subspan(kHalf));
    for (const auto& [begin, end] : writer->missing()) writer->write_at(begin, bytes.subspan(begin, end - begin));
    writer->commit();
  };
  fetch(false);
  fetch(true);
}

// Every named blob is whole, and a next attempt succeeds and leaves no part behind.
void check_whole_and_repeatable(const std::filesystem::path& root, Steps steps) {
  {
    BlobStore store({root});
    for (const oci::Digest& digest : store.list()) EXPECT_NO_THROW(store.read(digest, kBytes.size()));
  }
  steps(root);
  BlobStore store({root});
  EXPECT_EQ(store.list().size(), 2U);
  store.remove_abandoned(0);
  EXPECT_TRUE(fs::list(root / "ingest").empty());
}

class BlobFiles : public ::testing::Test {
 protected:
  void TearDown() override { fs::set_fault_hook({}); }
  fs::TemporaryDirectory folder_{testing::TempDir(), "blob-test-"};
};

int count_calls(const std::filesystem::path& root, Steps steps) {
  int calls = 0;
  fs::set_fault_hook([&](fs::Operation, std::string_view) {
    ++calls;
    return 0;
  });
  steps(root);
  fs::set_fault_hook({});
  return calls;
}

TEST_F(BlobFiles, LieWhereTheFormatPageSays) {
  BlobStore store({folder_.path()});
  const oci::Digest digest = store.put("x");
  EXPECT_EQ(fs::read_file(folder_.path() / "sha256" / digest.hex()), "x");
  const oci::Digest partial = codec::digest_of("partial");
  store.ingest(partial, 7)->write(base::as_byte_view("par"));
  EXPECT_EQ(fs::read_file(folder_.path() / "ingest" / ("sha256-" + partial.hex())), "par");
  store.quarantine(digest);
  EXPECT_EQ(fs::read_file(folder_.path() / "quarantine" / ("sha256-" + digest.hex())), "x");
}

TEST_F(BlobFiles, ForeignNamesAreNotListed) {
  BlobStore store({folder_.path()});
  fs::write_file(folder_.path() / "sha256" / "README", "");
  EXPECT_TRUE(store.list().empty());
}

TEST_F(BlobFiles, ADamagedBlobIsCorruptAndNamesItsFile) {
  BlobStore store({folder_.path()});
  const oci::Digest digest = store.put("x");
  const auto path = folder_.path() / "sha256" / digest.hex();
  fs::write_file(path, "y");
  try {
    store.read(digest, 1);
    FAIL() << "the damage went unseen";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Code::kCorrupt);
    ASSERT_FALSE(error.frames().empty());
    EXPECT_NE(error.frames().front().find(path.string()), std::string::npos);
  }
}

TEST_F(BlobFiles, AFileWhoseSyncFailedIsDiscarded) {
  BlobStore store({folder_.path()});
  const auto writer = store.ingest(codec::digest_of(kBytes), kBytes.size());
  writer->write(base::as_byte_view(kBytes));
  fs::set_fault_hook(
      [](fs::Operation operation, std::string_view) { return operation == fs::Operation::kSync ? EIO : 0; });
  EXPECT_THROW(writer->commit(), base::Error);
  fs::set_fault_hook({});
  EXPECT_TRUE(store.list().empty());
  EXPECT_TRUE(fs::list(folder_.path() / "ingest").empty());
}

TEST_F(BlobFiles, ANameWhoseSyncFailedIsTakenBack) {
  BlobStore store({folder_.path()});
  fs::set_fault_hook([](fs::Operation operation, std::string_view path) {
    return operation == fs::Operation::kSync && path.ends_with("/sha256") ? EIO : 0;
  });
  EXPECT_THROW(store.put("x"), base::Error);
  fs::set_fault_hook({});
  EXPECT_TRUE(store.list().empty());
}

// Others may have seen the names already, and their bytes are durable.
TEST_F(BlobFiles, ABlobThatWasRemovedMeanwhileTakesNoOtherWithIt) {
  BlobStore store({folder_.path()});
  std::vector<std::unique_ptr<SealedBlob>> sealed;
  sealed.push_back(store.seal("small"));
  const auto writer = store.ingest(codec::digest_of(kBytes), kBytes.size());
  writer->write(base::as_byte_view(kBytes));
  sealed.push_back(writer->seal());
  fs::remove(folder_.path() / "ingest" / ("sha256-" + codec::digest_of(kBytes).hex()));
  EXPECT_THROW(store.commit(std::move(sealed), [&] { store.sync(); }), base::Error);
  EXPECT_EQ(store.list(), std::vector<oci::Digest>{codec::digest_of("small")});
}

TEST_F(BlobFiles, ASyncOfAllThatFailsDropsAllThatWasSealed) {
  BlobStore store({folder_.path()});
  // Whether the sync says so itself, or one of the files.
  for (const std::string& broken : {folder_.path().string(), (folder_.path() / "ingest").string() + "/sha256-"}) {
    std::vector<std::unique_ptr<SealedBlob>> sealed;
    sealed.push_back(store.seal("small"));
    const auto writer = store.ingest(codec::digest_of(kBytes), kBytes.size());
    EXPECT_EQ(writer->offset(), 0U);
    writer->write(base::as_byte_view(kBytes));
    sealed.push_back(writer->seal());
    fs::set_fault_hook([&](fs::Operation operation, std::string_view path) {
      const bool hit = broken.ends_with("-") ? path.starts_with(broken) : path == broken;
      return operation == fs::Operation::kSync && hit ? EIO : 0;
    });
    EXPECT_THROW(store.commit(std::move(sealed), [&] { store.sync(); }), base::Error);
    fs::set_fault_hook({});
    EXPECT_TRUE(store.list().empty());
    EXPECT_TRUE(fs::list(folder_.path() / "ingest").empty());
  }
}

class BlobFilesCrash : public BlobFiles, public testing::WithParamInterface<Steps> {};

TEST_P(BlobFilesCrash, AFailureAtAnyCallLeavesWholeBlobsOnly) {
  const int calls = count_calls(folder_.path() / "count", GetParam());
  ASSERT_GT(calls, 10);
  for (const int error_number : {EIO, ENOSPC}) {
    for (int at = 1; at <= calls; ++at) {
      SCOPED_TRACE("call " + std::to_string(at) + " of " + std::to_string(calls));
      const auto root = folder_.path() / (std::to_string(error_number) + "-" + std::to_string(at));
      int call = 0;
      fs::set_fault_hook([&](fs::Operation, std::string_view) { return ++call == at ? error_number : 0; });
      try {
        GetParam()(root);
      } catch (const base::Error&) {  // not always: what is done in vain for tidiness may fail unheard
      }
      fs::set_fault_hook({});
      check_whole_and_repeatable(root, GetParam());
    }
  }
}

TEST_P(BlobFilesCrash, DeathAtAnyCallLeavesWholeBlobsOnly) {
  const int calls = count_calls(folder_.path() / "count", GetParam());
  for (int at = 1; at <= calls; ++at) {
    SCOPED_TRACE("call " + std::to_string(at) + " of " + std::to_string(calls));
    const auto root = folder_.path() / std::to_string(at);
    ASSERT_TRUE(test::dies_at_call(at, [&] { GetParam()(root); }));
    check_whole_and_repeatable(root, GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(Of, BlobFilesCrash, testing::Values(&store_two, &seal_two, &store_two_in_pieces));

}  // namespace
}  // namespace davit::blob
