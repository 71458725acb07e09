// What every blob store promises (src/blob/blob_store.h). Another implementation joins by a line at the end.

#include "blob/blob_store.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"
#include "codec/hash.h"
#include "tests/testing/child_process.h"

namespace davit::blob {
namespace {

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<BlobStore>(const std::filesystem::path& root)> open;
};

std::string content(std::size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>((seed = seed * 1103515245U + 12345U) >> 16);
  return bytes;
}

std::string all_of(base::Source& source) { return base::read_all(source, 64U << 20); }

class BlobStoreContract : public testing::TestWithParam<Implementation> {
 protected:
  std::unique_ptr<BlobStore> open_again() { return GetParam().open(folder_.path() / "blobs"); }

  static base::Error failure_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const base::Error& error) {
      return error;
    }
    return {base::Code::kInternal, "did not fail"};
  }

  void write_all(BlobWriter& writer, std::string_view bytes) { writer.write(base::as_byte_view(bytes)); }

  base::fs::TemporaryDirectory folder_{testing::TempDir(), "blob-contract-"};
  std::unique_ptr<BlobStore> store_ = open_again();
};

TEST_P(BlobStoreContract, ABlobIsNotThereUntilItIsCommitted) {
  const std::string bytes = content(100'000);
  const oci::Digest digest = codec::digest_of(bytes);
  EXPECT_EQ(store_->size(digest), std::nullopt);
  const auto writer = store_->ingest(digest, bytes.size());
  ASSERT_NE(writer, nullptr);
  EXPECT_EQ(writer->offset(), 0U);
  write_all(*writer, bytes);
  EXPECT_EQ(store_->size(digest), std::nullopt);
  EXPECT_TRUE(store_->list().empty());

  const oci::Descriptor descriptor = writer->commit();
  EXPECT_EQ(descriptor.digest, digest);
  EXPECT_EQ(descriptor.size, bytes.size());
  EXPECT_EQ(store_->size(digest), bytes.size());
  EXPECT_EQ(store_->list(), std::vector{digest});
  EXPECT_EQ(all_of(*store_->open(digest)), bytes);
  EXPECT_EQ(all_of(*store_->open(digest, 99'990)), bytes.substr(99'990));
  EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
}

TEST_P(BlobStoreContract, TheEmptyBlobIsABlob) {
  const oci::Digest digest = codec::digest_of("");
  store_->ingest(digest, 0)->commit();
  EXPECT_EQ(store_->size(digest), 0U);
  EXPECT_EQ(store_->read(digest, 0), "");
}

TEST_P(BlobStoreContract, KnowsSha512) {
  const oci::Digest digest = store_->put("hello", oci::Algorithm::kSha512);
  EXPECT_EQ(digest, codec::digest_of("hello", oci::Algorithm::kSha512));
  EXPECT_EQ(store_->read(digest, 5), "hello");
  const std::string bytes = content(1000);
  const oci::Digest other = codec::digest_of(bytes, oci::Algorithm::kSha512);
  const auto writer = store_->ingest(other, bytes.size());
  write_all(*writer, bytes);
  writer->commit();
  EXPECT_EQ(store_->list(), (std::vector{std::min(digest, other), std::max(digest, other)}));
}

TEST_P(BlobStoreContract, PutTwiceIsFine) {
  EXPECT_EQ(store_->put("x"), store_->put("x"));
  EXPECT_EQ(store_->list().size(), 1U);
}

TEST_P(BlobStoreContract, PutDoesNotWaitForASlowDownloadOfTheSameBlob) {
  const std::string bytes = content(5000);
  const oci::Digest digest = codec::digest_of(bytes);
  const auto slow = store_->ingest(digest, bytes.size());
  write_all(*slow, bytes.substr(0, 10));
  store_->put(bytes);
  EXPECT_EQ(store_->read(digest, 5000), bytes);
  write_all(*slow, bytes.substr(10));
  EXPECT_EQ(slow->commit().digest, digest);
  EXPECT_EQ(store_->read(digest, 5000), bytes);
}

TEST_P(BlobStoreContract, AMissingBlobIsNotFoundByItsDigest) {
  const oci::Digest digest = codec::digest_of("nowhere");
  const base::Error error = failure_of([&] { store_->open(digest); });
  EXPECT_EQ(error.code(), base::Code::kNotFound);
  EXPECT_NE(error.message().find(digest.text()), std::string::npos);
  EXPECT_EQ(failure_of([&] { store_->read(digest, 10); }).code(), base::Code::kNotFound);
}

TEST_P(BlobStoreContract, ReadRefusesABlobPastTheLimit) {
  const oci::Digest digest = store_->put("12345");
  EXPECT_EQ(failure_of([&] { store_->read(digest, 4); }).code(), base::Code::kInvalidArgument);
}

TEST_P(BlobStoreContract, IngestOfABlobThatIsHereGivesNothing) {
  const oci::Digest digest = store_->put("x");
  EXPECT_EQ(store_->ingest(digest, 1), nullptr);
}

TEST_P(BlobStoreContract, WhatAnEarlierAttemptLeftIsContinued) {
  const std::string bytes = content(700'000);
  const oci::Digest digest = codec::digest_of(bytes);
  write_all(*store_->ingest(digest, bytes.size()), bytes.substr(0, 300'000));
  store_ = open_again();

  const auto writer = store_->ingest(digest, bytes.size());
  ASSERT_EQ(writer->offset(), 300'000U);
  EXPECT_EQ(all_of(writer->existing()), bytes.substr(0, 300'000));
  write_all(*writer, bytes.substr(300'000));
  writer->commit();
  EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
}

TEST_P(BlobStoreContract, EarlierBytesThatNobodyReadsCountForTheDigestAllTheSame) {
  const std::string bytes = content(700'000);
  const oci::Digest digest = codec::digest_of(bytes);
  write_all(*store_->ingest(digest, bytes.size()), bytes.substr(0, 650'000));
  {
    const auto writer = store_->ingest(digest, bytes.size());
    std::array<std::byte, 1000> some{};
    ASSERT_GT(writer->existing().read(some), 0U);  // a part of them
    write_all(*writer, bytes.substr(650'000));
  }
  const auto writer = store_->ingest(digest, bytes.size());
  ASSERT_EQ(writer->offset(), bytes.size());
  EXPECT_EQ(writer->commit().size, bytes.size());  // none of them
}

TEST_P(BlobStoreContract, TheDigestSoFarIsThatOfAllBytesEarlierOnesToo) {
  const std::string bytes = content(2000);
  const oci::Digest digest = codec::digest_of(bytes);
  write_all(*store_->ingest(digest, bytes.size()), bytes.substr(0, 500));
  const auto writer = store_->ingest(digest, bytes.size());
  EXPECT_EQ(writer->digest(), codec::digest_of(bytes.substr(0, 500)));
  write_all(*writer, bytes.substr(500, 700));
  EXPECT_EQ(writer->digest(), codec::digest_of(bytes.substr(0, 1200)));
  write_all(*writer, bytes.substr(1200));
  EXPECT_EQ(writer->digest(), digest);
  EXPECT_EQ(store_->size(digest), std::nullopt);
  EXPECT_EQ(writer->commit().digest, digest);
}

TEST_P(BlobStoreContract, RestartDropsWhatIsThere) {
  const std::string bytes = content(1000);
  const oci::Digest digest = codec::digest_of(bytes);
  write_all(*store_->ingest(digest, bytes.size()), "not what it should be");
  const auto writer = store_->ingest(digest, bytes.size());
  EXPECT_GT(writer->offset(), 0U);
  writer->restart();
  EXPECT_EQ(writer->offset(), 0U);
  write_all(*writer, bytes);
  writer->commit();
  EXPECT_EQ(store_->read(digest, 1000), bytes);
}

TEST_P(BlobStoreContract, WrongBytesAreCorruptAndDropped) {
  const std::string bytes = content(1000);
  const oci::Digest digest = codec::digest_of(bytes);
  const std::string wrong = content(1000, 2);
  {
    const auto writer = store_->ingest(digest, bytes.size());
    write_all(*writer, wrong);
    const base::Error error = failure_of([&] { writer->commit(); });
    EXPECT_EQ(error.code(), base::Code::kCorrupt);
    EXPECT_NE(error.message().find("expected " + digest.text()), std::string::npos);
    EXPECT_NE(error.message().find("got " + codec::digest_of(wrong).text()), std::string::npos);
  }
  EXPECT_EQ(store_->size(digest), std::nullopt);
  EXPECT_EQ(store_->ingest(digest, bytes.size())->offset(), 0U);
}

TEST_P(BlobStoreContract, TooFewAndTooManyBytesAreCorruptAndDropped) {
  const std::string bytes = content(1000);
  const oci::Digest digest = codec::digest_of(bytes);
  for (const std::uint64_t told : {999U, 1001U}) {
    const auto writer = store_->ingest(digest, told);
    const base::Error error = failure_of([&] {
      write_all(*writer, bytes);
      writer->commit();
    });
    EXPECT_EQ(error.code(), base::Code::kCorrupt);
    EXPECT_NE(error.message().find("expected " + std::to_string(told) + " bytes"), std::string::npos)
        << error.message();
    EXPECT_EQ(store_->size(digest), std::nullopt);
  }
  EXPECT_EQ(store_->ingest(digest, bytes.size())->offset(), 0U);
}

TEST_P(BlobStoreContract, AnEarlierAttemptLongerThanTheBlobIsDropped) {
  const oci::Digest digest = codec::digest_of("right");
  write_all(*store_->ingest(digest, 100), content(60));
  EXPECT_EQ(store_->ingest(digest, 5)->offset(), 0U);
}

TEST_P(BlobStoreContract, DiscardDropsTheBytes) {
  const oci::Digest digest = codec::digest_of("right");
  const auto writer = store_->ingest(digest, 5);
  write_all(*writer, "rig");
  writer->discard();
  EXPECT_EQ(store_->ingest(digest, 5)->offset(), 0U);
}

TEST_P(BlobStoreContract, AnUnknownBlobGetsTheDigestOfItsBytes) {
  const std::string bytes = content(5000);
  const auto writer = store_->ingest_unknown();
  write_all(*writer, bytes.substr(0, 3000));
  write_all(*writer, bytes.substr(3000));
  EXPECT_EQ(writer->commit().digest, codec::digest_of(bytes));
  EXPECT_EQ(store_->read(codec::digest_of(bytes), 5000), bytes);
}

TEST_P(BlobStoreContract, AnUnknownBlobThatIsNotCommittedLeavesNothing) {
  write_all(*store_->ingest_unknown(), "bytes");
  EXPECT_TRUE(store_->list().empty());
  EXPECT_EQ(store_->remove_abandoned(0), 0U);
}

TEST_P(BlobStoreContract, ASealedBlobIsReadableButNotThereUntilTheCommit) {
  const std::string bytes = content(100'000);
  const oci::Digest digest = codec::digest_of(bytes);
  const auto writer = store_->ingest(digest, bytes.size());
  write_all(*writer, bytes);
  std::vector<std::unique_ptr<SealedBlob>> sealed;
  sealed.push_back(writer->seal());
  sealed.push_back(store_->seal("config"));
  EXPECT_EQ(sealed[0]->digest(), digest);
  EXPECT_EQ(sealed[0]->size(), bytes.size());
  EXPECT_EQ(all_of(*sealed[0]->open()), bytes);
  EXPECT_EQ(sealed[1]->digest(), codec::digest_of("config"));
  EXPECT_TRUE(store_->list().empty());
  EXPECT_EQ(store_->remove_abandoned(0), 0U);

  int syncs = 0;
  store_->commit(std::move(sealed), [&] {
    ++syncs;
    EXPECT_TRUE(store_->list().empty());
    store_->sync();
  });
  EXPECT_EQ(syncs, 1);
  EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
  EXPECT_EQ(store_->read(codec::digest_of("config"), 100), "config");
}

TEST_P(BlobStoreContract, WrongBytesAreNotSealed) {
  const auto writer = store_->ingest(codec::digest_of("right"), 5);
  write_all(*writer, "wrong");
  EXPECT_EQ(failure_of([&] { writer->seal(); }).code(), base::Code::kCorrupt);
  EXPECT_EQ(store_->ingest(codec::digest_of("right"), 5)->offset(), 0U);
}

TEST_P(BlobStoreContract, ASealedBlobThatIsNotCommittedLeavesItsBytesForTheNext) {
  const oci::Digest digest = codec::digest_of("bytes");
  {
    const auto writer = store_->ingest(digest, 5);
    write_all(*writer, "bytes");
    writer->seal();
    store_->seal("of no next one");
  }
  EXPECT_TRUE(store_->list().empty());
  const auto writer = store_->ingest(digest, 5);
  EXPECT_FALSE(writer->is_whole());  // nobody vouches for them any more
  EXPECT_EQ(writer->offset(), 5U);
  EXPECT_EQ(writer->commit().digest, digest);
}

TEST_P(BlobStoreContract, WhatFailsToSyncIsDropped) {
  const oci::Digest digest = codec::digest_of("bytes");
  const auto writer = store_->ingest(digest, 5);
  write_all(*writer, "bytes");
  std::vector<std::unique_ptr<SealedBlob>> sealed;
  sealed.push_back(writer->seal());
  EXPECT_EQ(failure_of([&] {
              store_->commit(std::move(sealed), [] { throw base::Error(base::Code::kNoSpace, "full"); });
            }).code(),
            base::Code::kNoSpace);
  EXPECT_EQ(store_->ingest(digest, 5)->offset(), 0U);
}

TEST_P(BlobStoreContract, AnotherSharesWhatIsSealedAndWhoeverCommitsFirstNamesIt) {
  const std::string bytes = content(50'000);
  const oci::Digest digest = codec::digest_of(bytes);
  for (const bool first_commits_first : {true, false}) {
    const auto writer = store_->ingest(digest, bytes.size());
    write_all(*writer, bytes);
    std::vector<std::unique_ptr<SealedBlob>> one, other;
    one.push_back(writer->seal());
    const auto joined = open_again()->ingest(digest, bytes.size());
    ASSERT_TRUE(joined->is_whole());
    EXPECT_EQ(joined->offset(), bytes.size());
    EXPECT_EQ(joined->digest(), digest);
    EXPECT_EQ(all_of(joined->existing()), bytes);
    EXPECT_EQ(failure_of([&] { joined->restart(); }).code(), base::Code::kInternal);
    EXPECT_EQ(failure_of([&] { write_all(*joined, "x"); }).code(), base::Code::kInternal);
    store_->ingest(digest, bytes.size()).reset();  // a third one, who gives up
    other.push_back(joined->seal());
    store_->commit(std::move(first_commits_first ? one : other), [this] { store_->sync(); });
    EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
    EXPECT_EQ(store_->ingest(digest, bytes.size()), nullptr);
    store_->commit(std::move(first_commits_first ? other : one), [this] { store_->sync(); });
    EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
    EXPECT_EQ(store_->remove_abandoned(0), 0U);
    store_->remove(digest);
  }
}

TEST_P(BlobStoreContract, ASealedBlobThatIsGivenUpGoesWithTheLastWhoHasIt) {
  const std::string bytes = content(100'000);
  const oci::Digest digest = codec::digest_of(bytes);
  const auto writer = store_->ingest(digest, bytes.size());
  write_all(*writer, bytes);
  auto sealed = writer->seal();
  const auto other_store = open_again();
  auto shared = other_store->ingest(digest, bytes.size())->seal();

  store_->give_up(std::move(sealed));
  EXPECT_EQ(all_of(*shared->open()), bytes);
  other_store->give_up(std::move(shared));
  EXPECT_EQ(store_->ingest(digest, bytes.size())->offset(), 0U);
  EXPECT_EQ(store_->size(digest), std::nullopt);
}

TEST_P(BlobStoreContract, AGivenUpBlobIsThereForAnotherWhoCommitsIt) {
  const std::string bytes = content(100'000);
  const oci::Digest digest = codec::digest_of(bytes);
  const auto writer = store_->ingest(digest, bytes.size());
  write_all(*writer, bytes);
  auto sealed = writer->seal();
  std::vector<std::unique_ptr<SealedBlob>> other;
  other.push_back(store_->ingest(digest, bytes.size())->seal());

  store_->give_up(std::move(sealed));
  store_->commit(std::move(other), [&] { store_->sync(); });

  EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
  EXPECT_EQ(store_->disk_usage().partial, 0U);
}

TEST_P(BlobStoreContract, TwoWhoEachSealedWhatTheOtherWantsDoNotWaitForEachOther) {
  const std::string a = content(50'000, 1), b = content(50'000, 2);
  std::atomic<int> sealed_own = 0;
  const auto pull = [&](const std::string& own, const std::string& others) {
    std::vector<std::unique_ptr<SealedBlob>> sealed;
    const auto store = open_again();
    const auto writer = store->ingest(codec::digest_of(own), own.size());
    write_all(*writer, own);
    sealed.push_back(writer->seal());
    ++sealed_own;
    while (sealed_own < 2) std::this_thread::yield();
    const auto joined = store->ingest(codec::digest_of(others), others.size());
    if (joined) {
      EXPECT_TRUE(joined->is_whole());
      sealed.push_back(joined->seal());
    }
    store->commit(std::move(sealed), [&] { store->sync(); });
  };
  std::thread first([&] { pull(a, b); });
  pull(b, a);
  first.join();
  EXPECT_EQ(store_->read(codec::digest_of(a), a.size()), a);
  EXPECT_EQ(store_->read(codec::digest_of(b), b.size()), b);
  EXPECT_EQ(store_->list().size(), 2U);
}

TEST_P(BlobStoreContract, ProcessesShareSealedBlobsInAnyOrderThoughSomeDie) {
  std::vector<std::string> contents;
  for (unsigned i = 0; i < 4; ++i) contents.push_back(content(200'000, i));
  // Each wants all, beginning with another one; the first two die before their commit.
  const auto statuses = test::in_processes(8, [&](int number) {
    std::vector<std::unique_ptr<SealedBlob>> sealed;
    for (unsigned i = 0; i < contents.size(); ++i) {
      const std::string& bytes = contents[(i + static_cast<unsigned>(number)) % contents.size()];
      const auto writer = store_->ingest(codec::digest_of(bytes), bytes.size());
      if (!writer) continue;
      if (!writer->is_whole()) writer->write(base::as_byte_view(bytes).subspan(writer->offset()));
      sealed.push_back(writer->seal());
    }
    if (number < 2) ::_exit(7);  // without any destructor, as killed
    store_->commit(std::move(sealed), [this] { store_->sync(); });
    for (const std::string& bytes : contents) {
      if (store_->read(codec::digest_of(bytes), bytes.size()) != bytes) return 1;
    }
    return 0;
  });
  for (std::size_t i = 0; i < statuses.size(); ++i) EXPECT_EQ(WEXITSTATUS(statuses[i]), i < 2 ? 7 : 0) << i;
  EXPECT_EQ(store_->list().size(), contents.size());
  store_->remove_abandoned(0);
  EXPECT_EQ(store_->disk_usage().partial, 0U);
}

TEST_P(BlobStoreContract, PiecesComeInAnyOrderAndAreReadInOrderAsTheyCome) {
  const std::string bytes = content(1'000'000);
  const oci::Digest digest = codec::digest_of(bytes);
  const auto writer = store_->ingest(digest, bytes.size());
  EXPECT_FALSE(writer->in_pieces());
  writer->begin_pieces();
  const auto write = [&](std::size_t begin, std::size_t end) {
    writer->write_at(begin, base::as_byte_view(bytes).subspan(begin, end - begin));
  };
  using Ranges = std::vector<BlobWriter::Range>;
  EXPECT_EQ(writer->missing(), (Ranges{{0, 1'000'000}}));
  write(500'000, 700'000);
  EXPECT_EQ(all_of(writer->existing()), "");
  write(0, 100'000);
  EXPECT_EQ(writer->arrived(), 100'000U);
  EXPECT_EQ(all_of(writer->existing()), bytes.substr(0, 100'000));
  EXPECT_EQ(writer->missing(), (Ranges{{100'000, 500'000}, {700'000, 1'000'000}}));
  EXPECT_EQ(failure_of([&] { writer->write_at(999'999, base::as_byte_view("xx")); }).code(), base::Code::kCorrupt);
  EXPECT_EQ(failure_of([&] { write_all(*writer, "as a stream"); }).code(), base::Code::kInternal);
  write(100'000, 500'000);
  EXPECT_EQ(all_of(writer->existing()), bytes.substr(100'000, 600'000));
  write(700'000, 1'000'000);
  EXPECT_EQ(writer->commit().digest, digest);
  EXPECT_EQ(store_->size(digest), bytes.size());
  EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
}

TEST_P(BlobStoreContract, TheNextAttemptHasThePiecesOfTheLastBy64KiB) {
  const std::string bytes = content(1'000'000);
  const oci::Digest digest = codec::digest_of(bytes);
  constexpr std::uint64_t kBlock = 64 * 1024;
  {
    const auto writer = store_->ingest(digest, bytes.size());
    writer->begin_pieces();
    for (const std::size_t at : {200'000U, 600'000U}) {
      writer->write_at(at, base::as_byte_view(bytes).subspan(at, 200'000));
    }
  }
  store_ = open_again();
  const auto writer = store_->ingest(digest, bytes.size());
  EXPECT_TRUE(writer->in_pieces());
  EXPECT_EQ(writer->offset(), 0U);
  std::uint64_t lacking = 0;
  for (const auto& range : writer->missing()) {
    lacking += range.end - range.begin;
    writer->write_at(range.begin, base::as_byte_view(bytes).subspan(range.begin, range.end - range.begin));
  }
  EXPECT_TRUE(lacking >= 600'000 && lacking <= 600'000 + 4 * kBlock) << lacking;
  EXPECT_EQ(writer->commit().digest, digest);
}

TEST_P(BlobStoreContract, AStreamIsGoneOnFromInPiecesAndPiecesAsAStream) {
  const std::string bytes = content(1'000'000);
  const oci::Digest digest = codec::digest_of(bytes);
  write_all(*store_->ingest(digest, bytes.size()), bytes.substr(0, 300'000));
  {
    const auto writer = store_->ingest(digest, bytes.size());
    EXPECT_FALSE(writer->in_pieces());
    writer->begin_pieces();
    EXPECT_EQ(writer->missing(), (std::vector<BlobWriter::Range>{{300'000, 1'000'000}}));
    writer->write_at(800'000, base::as_byte_view(bytes).subspan(800'000));
    writer->write_at(300'000, base::as_byte_view(bytes).subspan(300'000, 100'000));
    EXPECT_EQ(all_of(writer->existing()), bytes.substr(0, 400'000));
    writer->end_pieces();
    EXPECT_EQ(writer->offset(), 400'000U);
    write_all(*writer, bytes.substr(400'000, 100'000));
  }
  const auto writer = store_->ingest(digest, bytes.size());
  EXPECT_EQ(writer->offset(), 500'000U);
  write_all(*writer, bytes.substr(500'000));
  EXPECT_EQ(writer->commit().digest, digest);
  EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
}

TEST_P(BlobStoreContract, WrongPiecesAreCorruptAndDroppedAndRestartDropsAll) {
  const std::string bytes = content(300'000);
  const oci::Digest digest = codec::digest_of(bytes);
  for (const bool restarted : {false, true}) {
    const auto writer = store_->ingest(digest, bytes.size());
    EXPECT_FALSE(writer->in_pieces());
    writer->begin_pieces();
    writer->write_at(0, base::as_byte_view(content(300'000, 2)));
    if (restarted) {
      writer->restart();
      EXPECT_EQ(writer->missing(), (std::vector<BlobWriter::Range>{{0, 300'000}}));
      write_all(*writer, bytes);
      EXPECT_EQ(writer->commit().digest, digest);
    } else {
      EXPECT_EQ(failure_of([&] { writer->seal(); }).code(), base::Code::kCorrupt);
    }
  }
}

TEST_P(BlobStoreContract, ThreadsWritePiecesWhileAnotherReads) {
  const std::string bytes = content(3'000'000);
  const oci::Digest digest = codec::digest_of(bytes);
  const auto writer = store_->ingest(digest, bytes.size());
  writer->begin_pieces();
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++ * 10'000; at < bytes.size(); at = next++ * 10'000) {
        writer->write_at(at, base::as_byte_view(bytes).subspan(at, 10'000));
      }
    });
  }
  std::string read;
  while (read.size() < bytes.size()) read += all_of(writer->existing());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(read, bytes);
  EXPECT_EQ(writer->commit().digest, digest);
}

TEST_P(BlobStoreContract, RemoveGivesBytesBackOnceAndReadersGoOn) {
  const std::string bytes = content(100'000);
  const oci::Digest digest = store_->put(bytes);
  const auto reader = store_->open(digest);
  EXPECT_GE(store_->remove(digest), 100'000U);
  EXPECT_EQ(store_->remove(digest), 0U);
  EXPECT_EQ(store_->size(digest), std::nullopt);
  EXPECT_EQ(all_of(*reader), bytes);
}

TEST_P(BlobStoreContract, QuarantineMakesRoomForTheBlobToComeAgain) {
  const oci::Digest digest = store_->put("x");
  store_->quarantine(digest);
  store_->quarantine(digest);
  EXPECT_EQ(store_->size(digest), std::nullopt);
  EXPECT_TRUE(store_->list().empty());
  EXPECT_EQ(store_->put("x"), digest);
  EXPECT_EQ(store_->read(digest, 1), "x");
}

TEST_P(BlobStoreContract, AbandonedPartsGoWhenTheyAreOldAndNobodyHoldsThem) {
  const std::string bytes = content(100'000);
  const oci::Digest left = codec::digest_of(bytes);
  write_all(*store_->ingest(left, bytes.size()), bytes.substr(0, 50'000));
  const oci::Digest held = codec::digest_of("held");
  const auto holder = store_->ingest(held, 4);
  write_all(*holder, "he");

  EXPECT_EQ(store_->remove_abandoned(3600), 0U);
  EXPECT_EQ(store_->remove_abandoned(0, {left}), 0U);
  EXPECT_GE(store_->remove_abandoned(0), 50'000U);
  EXPECT_EQ(store_->ingest(left, bytes.size())->offset(), 0U);
  write_all(*holder, "ld");
  holder->commit();
  EXPECT_EQ(store_->read(held, 4), "held");
}

TEST_P(BlobStoreContract, UsageTellsBlobsFromPartsAndTheRest) {
  const std::string bytes = content(100'000);
  const oci::Digest whole = store_->put(bytes), part = codec::digest_of("part");
  write_all(*store_->ingest(part, 50'000), content(20'000));
  const oci::Digest damaged = store_->put("damaged");
  store_->quarantine(damaged);

  const BlobsUsage usage = store_->disk_usage();

  ASSERT_EQ(usage.blobs.size(), 1U);
  const std::uint64_t taken = usage.blobs.at(whole);
  EXPECT_TRUE(taken >= 100'000 && taken < 120'000) << taken;
  EXPECT_TRUE(usage.partial > 0 && usage.partial < 50'000) << usage.partial;
  EXPECT_GT(usage.other, 0U);
  EXPECT_EQ(store_->remove(whole), taken);
}

TEST_P(BlobStoreContract, ThreadsThatWantOneBlobFetchItOnceBetweenThem) {
  const std::string bytes = content(300'000);
  const oci::Digest digest = codec::digest_of(bytes);
  std::atomic<int> fetched = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto writer = store_->ingest(digest, bytes.size());
      if (writer && !writer->is_whole()) {
        ++fetched;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        write_all(*writer, bytes);
      }
      if (writer) writer->commit();
      EXPECT_EQ(store_->size(digest), bytes.size());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fetched, 1);
  EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
}

TEST_P(BlobStoreContract, WhatOneThreadGivesUpTheWaitingOneContinues) {
  const std::string bytes = content(200'000);
  const oci::Digest digest = codec::digest_of(bytes);
  auto first = store_->ingest(digest, bytes.size());
  write_all(*first, bytes.substr(0, 120'000));
  std::thread second([&] {
    const auto writer = store_->ingest(digest, bytes.size());
    ASSERT_NE(writer, nullptr);
    EXPECT_EQ(writer->offset(), 120'000U);
    write_all(*writer, bytes.substr(120'000));
    writer->commit();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  first.reset();
  second.join();
  EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
}

TEST_P(BlobStoreContract, ProcessesThatWantOneBlobFetchItOnceBetweenThemThoughSomeDie) {
  const std::string bytes = content(400'000);
  const oci::Digest digest = codec::digest_of(bytes);
  // The first two die in the middle; whoever comes next goes on from where they stopped.
  constexpr int kDone = 0, kFetched = 1, kDied = 2, kFailed = 3;
  const auto statuses = test::in_processes(8, [&](int) {
    const auto writer = store_->ingest(digest, bytes.size());
    if (writer && writer->is_whole()) writer->commit();  // between the other's seal and its commit
    if (!writer || writer->is_whole()) return store_->size(digest) == bytes.size() ? kDone : kFailed;
    const std::uint64_t offset = writer->offset();
    if (offset < 200'000) {
      writer->write(base::as_byte_view(bytes).subspan(offset, 100'000));
      ::_exit(kDied);  // without any destructor, as killed
    }
    writer->write(base::as_byte_view(bytes).subspan(offset));
    writer->commit();
    return kFetched;
  });
  std::array<int, 4> outcomes{};
  for (const int status : statuses) {
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 4);
    ++outcomes[static_cast<std::size_t>(WEXITSTATUS(status))];
  }
  EXPECT_EQ(outcomes, (std::array{5, 1, 2, 0}));
  EXPECT_EQ(store_->read(digest, bytes.size()), bytes);
}

TEST_P(BlobStoreContract, AnInterruptEndsTheWait) {
  const oci::Digest digest = codec::digest_of("held");
  const auto holder = store_->ingest(digest, 4);
  base::raise_interrupt_for_test(true);
  const base::Error error = failure_of([&] { store_->ingest(digest, 4); });
  base::raise_interrupt_for_test(false);
  EXPECT_EQ(error.code(), base::Code::kCancelled);
}

TEST_P(BlobStoreContract, AnySplitIntoAttemptsAndPiecesGivesTheSameBlob) {
  struct Step {
    bool new_attempt, read_existing, restart;
    std::size_t piece;
  };
  EXPECT_TRUE(rc::check([&] {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
        rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>(), rc::gen::weightedElement<bool>({{1, true}, {8, false}}),
        rc::gen::inRange<std::size_t>(0, 40)));
    const oci::Digest digest = codec::digest_of(bytes);
    store_->remove(digest);
    auto writer = store_->ingest(digest, bytes.size());
    writer->restart();
    std::size_t sent = 0;
    for (const Step& step : steps) {
      if (step.new_attempt) {
        writer.reset();
        writer = store_->ingest(digest, bytes.size());
        RC_ASSERT(writer->offset() == sent);
        if (step.read_existing) RC_ASSERT(all_of(writer->existing()) == bytes.substr(0, sent));
      }
      if (step.restart) {
        writer->restart();
        sent = 0;
      }
      const std::size_t piece = std::min(step.piece, bytes.size() - sent);
      writer->write(base::as_byte_view(bytes).subspan(sent, piece));
      sent += piece;
    }
    writer->write(base::as_byte_view(bytes).subspan(sent));
    RC_ASSERT(writer->commit().digest == digest);
    RC_ASSERT(store_->read(digest, bytes.size()) == bytes);
  }));
}

std::string name_of(const testing::TestParamInfo<Implementation>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(All, BlobStoreContract,
                         testing::Values(Implementation{"Files",
                                                        [](const std::filesystem::path& root) {
                                                          return std::make_unique<BlobStore>(BlobStore::Options{root});
                                                        }}),
                         name_of);

}  // namespace
}  // namespace davit::blob
