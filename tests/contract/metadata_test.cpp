// What every implementation of registry::Metadata must do.

#include "registry/metadata.h"

#include <atomic>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fs/paths.h"
#include "codec/hash.h"
#include "registry/access.h"

namespace davit::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Implementation {
  const char* name;
  // Opens the same store each time.
  std::function<std::unique_ptr<Metadata>(const std::filesystem::path& folder)> open;
};

class MetadataContract : public testing::TestWithParam<Implementation> {
 protected:
  std::unique_ptr<Metadata> open() const { return GetParam().open(folder_.path()); }

  static oci::Digest digest(const std::string& text) { return codec::digest_of(text); }
  static ManifestRecord manifest(const std::string& bytes) {
    return {.digest = digest(bytes), .media_type = "t/m", .bytes = bytes, .artifact_type = "t/a"};
  }

  base::fs::TemporaryDirectory folder_{testing::TempDir()};
};

TEST_P(MetadataContract, NothingIsThereAtFirst) {
  const auto metadata = open();
  EXPECT_FALSE(metadata->has_repository("a"));
  EXPECT_FALSE(metadata->tag("a", "1"));
  EXPECT_FALSE(metadata->manifest("a", digest("x")));
  EXPECT_FALSE(metadata->blob("a", digest("x")));
  EXPECT_THAT(metadata->repositories("", 10), IsEmpty());
  EXPECT_FALSE(metadata->remove_manifest("a", digest("x"), "me"));
  EXPECT_FALSE(metadata->remove_tag("a", "1", "me"));
  EXPECT_FALSE(metadata->remove_blob("a", digest("x")));
  EXPECT_FALSE(metadata->remove_repository("a"));
  EXPECT_THAT(metadata->check(), IsEmpty());
}

TEST_P(MetadataContract, WhatWasPutIsThereForOthersAndLater) {
  {
    const auto metadata = open(), other = open();
    auto record = manifest("bytes");
    record.subject = digest("subject");
    record.annotations = R"({"a":"b"})";
    record.blobs = {digest("b1"), digest("b2")};
    record.manifests = {digest("m1")};
    metadata->put_manifest("a", record, {"1", "2"}, "me");
    metadata->add_blob("b", digest("b1"), 7);
    EXPECT_EQ(other->tag("a", "2"), record.digest);
  }
  const auto again = open();
  const auto found = again->manifest("a", digest("bytes"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->bytes, "bytes");
  EXPECT_EQ(found->media_type, "t/m");
  EXPECT_EQ(found->subject, digest("subject"));
  EXPECT_EQ(found->annotations, R"({"a":"b"})");
  EXPECT_THAT(found->blobs, testing::UnorderedElementsAre(digest("b1"), digest("b2")));
  EXPECT_THAT(found->manifests, ElementsAre(digest("m1")));
  EXPECT_EQ(again->blob("b", digest("b1")), 7U);
  EXPECT_FALSE(again->blob("a", digest("b1")));
  EXPECT_THAT(again->holders(digest("b1"), 10), ElementsAre("b"));
  EXPECT_THAT(again->repositories("", 10), ElementsAre("a", "b"));
}

TEST_P(MetadataContract, TheGenerationMovesWithEveryChangeOfAnybodys) {
  const auto metadata = open(), other = open();
  auto before = metadata->generation();
  const auto moved = [&] {
    const auto now = metadata->generation();
    return std::exchange(before, now) != now;
  };
  EXPECT_FALSE(moved());
  other->put_manifest("a", manifest("x"), {"1"}, "me");
  EXPECT_TRUE(moved());
  metadata->add_blob("a", digest("b"), 1);
  EXPECT_TRUE(moved());
  other->remove_tag("a", "1", "me");
  EXPECT_TRUE(moved());
  metadata->tag("a", "1");
  EXPECT_FALSE(moved());
}

TEST_P(MetadataContract, TagsMoveAndEndWithTheirManifest) {
  const auto metadata = open();
  metadata->put_manifest("a", manifest("one"), {"1", "latest"}, "me");
  metadata->put_manifest("a", manifest("two"), {"latest"}, "me");
  EXPECT_EQ(metadata->tag("a", "latest"), digest("two"));
  EXPECT_EQ(metadata->tag("a", "1"), digest("one"));
  EXPECT_TRUE(metadata->remove_manifest("a", digest("two"), "me"));
  EXPECT_FALSE(metadata->tag("a", "latest"));
  EXPECT_THAT(metadata->tags("a", "", 10), ElementsAre("1"));
  EXPECT_TRUE(metadata->remove_tag("a", "1", "me"));
  EXPECT_TRUE(metadata->has_manifest("a", digest("one")));
}

TEST_P(MetadataContract, ListsAreInByteOrderAndInPages) {
  const auto metadata = open();
  for (const char* tag : {"b", "B", "_", "1.10", "1.9", "a"}) metadata->put_manifest("a", manifest("x"), {tag}, "me");
  EXPECT_THAT(metadata->tags("a", "", 3), ElementsAre("1.10", "1.9", "B"));
  EXPECT_THAT(metadata->tags("a", "B", 10), ElementsAre("_", "a", "b"));
  EXPECT_THAT(metadata->tags("a", "b", 10), IsEmpty());
}

TEST_P(MetadataContract, ReferrersAreFoundBySubjectAndType) {
  const auto metadata = open();
  for (int i = 0; i < 4; ++i) {
    auto record = manifest("r" + std::to_string(i));
    record.subject = digest("s");
    record.artifact_type = i % 2 == 0 ? "even" : "odd";
    metadata->put_manifest("a", record, {}, "me");
  }
  const auto all = metadata->referrers("a", digest("s"), "", "", 10);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].size, 2U);
  EXPECT_EQ(metadata->referrers("a", digest("s"), "", all[1].digest.text(), 10).size(), 2U);
  EXPECT_EQ(metadata->referrers("a", digest("s"), "even", "", 10).size(), 2U);
  EXPECT_EQ(metadata->referrers("a", digest("s"), "", "", 1).size(), 1U);
  EXPECT_THAT(metadata->referrers("b", digest("s"), "", "", 10), IsEmpty());
}

TEST_P(MetadataContract, ABlobBelongsToItsRepositories) {
  const auto metadata = open();
  metadata->add_blob("a", digest("x"), 5);
  metadata->add_blob("a", digest("x"), 5);
  metadata->add_blob("b", digest("x"), 5);
  EXPECT_TRUE(metadata->remove_blob("a", digest("x")));
  EXPECT_FALSE(metadata->blob("a", digest("x")));
  EXPECT_EQ(metadata->blob("b", digest("x")), 5U);
  EXPECT_EQ(metadata->all_blobs().size(), 1U);
}

TEST_P(MetadataContract, ARepositoryGoesWithAllItHas) {
  const auto metadata = open();
  metadata->put_manifest("a", manifest("12345"), {"1", "2"}, "me");
  metadata->add_blob("a", digest("x"), 5);
  const auto usage = metadata->usage();
  ASSERT_EQ(usage.size(), 1U);
  EXPECT_EQ(usage[0].name + " " + std::to_string(usage[0].tags) + std::to_string(usage[0].manifests) +
                std::to_string(usage[0].blobs) + " " + std::to_string(usage[0].bytes),
            "a 211 10");
  EXPECT_TRUE(metadata->remove_repository("a"));
  EXPECT_FALSE(metadata->has_repository("a"));
  EXPECT_THAT(metadata->all_blobs(), IsEmpty());
}

TEST_P(MetadataContract, AQuotaCountsEachBlobOfItsRepositoriesOnce) {
  const auto metadata = open(), other = open();
  metadata->set_quotas({{"team/**", 100}});
  EXPECT_FALSE(other->add_blob("team/a", digest("x"), 60));
  const QuotaUse full{{"team/**", 100}, 60};
  EXPECT_EQ(other->quota_without_room("team/b", digest("y"), 41), full);
  EXPECT_EQ(other->add_blob("team/b", digest("y"), 41), full);
  EXPECT_FALSE(metadata->has_repository("team/b"));
  EXPECT_FALSE(metadata->add_blob("team/b", digest("x"), 60));
  EXPECT_FALSE(metadata->add_blob("team/a", digest("x"), 60));
  EXPECT_FALSE(metadata->add_blob("elsewhere", digest("y"), 1000));
  EXPECT_FALSE(metadata->add_blob("team/b", digest("z"), 40));
  EXPECT_THAT(other->quotas_of("team/new"), ElementsAre(QuotaUse{{"team/**", 100}, 100}));
  EXPECT_THAT(other->quotas_of("elsewhere"), IsEmpty());
  // One of two that hold it lets it go, then the other.
  EXPECT_TRUE(other->remove_blob("team/a", digest("x")));
  EXPECT_THAT(metadata->quotas(), ElementsAre(QuotaUse{{"team/**", 100}, 100}));
  EXPECT_TRUE(other->remove_repository("team/b"));
  EXPECT_THAT(metadata->quotas(), ElementsAre(QuotaUse{{"team/**", 100}, 0}));
}

TEST_P(MetadataContract, QuotasAreThoseThatWereSetLast) {
  const auto metadata = open();
  metadata->add_blob("a/x", digest("1"), 10);
  metadata->add_blob("a/y", digest("1"), 10);
  metadata->add_blob("b/x", digest("2"), 5);
  metadata->set_quotas({{"a/*", 100}, {"*/x", 7}});
  EXPECT_THAT(metadata->quotas(), ElementsAre(QuotaUse{{"*/x", 7}, 15}, QuotaUse{{"a/*", 100}, 10}));
  // What is there stays, more is refused.
  EXPECT_TRUE(metadata->add_blob("b/x", digest("3"), 1));
  EXPECT_FALSE(metadata->add_blob("b/x", digest("1"), 10));
  metadata->set_quotas({{"*/x", 16}});
  EXPECT_FALSE(metadata->add_blob("b/x", digest("3"), 1));
  EXPECT_THAT(open()->quotas(), ElementsAre(QuotaUse{{"*/x", 16}, 16}));
  metadata->set_quotas({});
  EXPECT_THAT(metadata->quotas(), IsEmpty());
  EXPECT_FALSE(metadata->add_blob("b/x", digest("4"), 1'000'000));
}

// Whatever is added, removed and set: what the quotas hold is what their repositories hold.
TEST_P(MetadataContract, QuotasKeepTheirSum) {
  const auto metadata = open();
  const std::vector<std::string> names = {"a", "a/b", "a/c", "b"};
  const std::vector<Quota> all = {{"a/*", 60}, {"**", 90}, {"b", 30}, {"a", 1000}};
  std::map<std::string, std::map<int, std::uint64_t>> held;  // by repository, blob: its size
  const auto used = [&](const Quota& quota) {
    std::map<int, std::uint64_t> blobs;
    for (const auto& [name, some] : held) {
      if (fits(quota.repositories, name)) blobs.insert(some.begin(), some.end());
    }
    std::uint64_t sum = 0;
    for (const auto& [blob, size] : blobs) sum += size;
    return sum;
  };
  std::mt19937 random(7);
  std::vector<Quota> quotas;
  for (int step = 0; step < 500; ++step) {
    const std::string& name = names[random() % names.size()];
    const int blob = static_cast<int>(random() % 12);
    const std::string text = std::to_string(blob);
    if (const auto choice = random() % 20; choice < 12) {
      const auto size = static_cast<std::uint64_t>(blob + 1);
      if (!metadata->add_blob(name, digest(text), size)) held[name][blob] = size;
    } else if (choice < 17) {
      EXPECT_EQ(metadata->remove_blob(name, digest(text)), held[name].erase(blob) > 0);
    } else if (choice < 18) {
      metadata->remove_repository(name);
      held.erase(name);
    } else {
      quotas.clear();
      for (const auto& quota : all) {
        if (random() % 2 == 0) quotas.push_back(quota);
      }
      metadata->set_quotas(quotas);
    }
    std::vector<QuotaUse> expected;
    for (const auto& quota : quotas) expected.push_back({quota, used(quota)});
    ASSERT_THAT(metadata->quotas(), testing::UnorderedElementsAreArray(expected)) << step;
  }
}

TEST_P(MetadataContract, PushesAtOnceDoNotBreakAQuotaTogether) {
  const auto one = open(), two = open();
  one->set_quotas({{"**", 50}});
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 10; ++n) {
        const std::string text = fmt::format("{}-{}", i, n);
        if (!(i % 2 == 0 ? one : two)->add_blob("a/" + text, digest(text), 1)) ++taken;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, 50);
  EXPECT_THAT(one->quotas(), ElementsAre(QuotaUse{{"**", 50}, 50}));
}

TEST_P(MetadataContract, ManyMayWriteAtOnce) {
  const auto one = open(), two = open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 25; ++n)
        (i % 2 == 0 ? one : two)->put_manifest("a", manifest("x"), {fmt::format("{}-{}", i, n)}, "me");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(one->tags("a", "", 1000).size(), 200U);
}

INSTANTIATE_TEST_SUITE_P(Each, MetadataContract,
                         testing::Values(Implementation{"Sqlite",
                                                        [](const std::filesystem::path& folder) {
                                                          return open_sqlite_metadata(folder / "registry.db");
                                                        }}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace davit::registry
