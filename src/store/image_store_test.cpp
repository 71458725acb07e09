#include "store/image_store.h"

#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "store/crc32c.h"
#include "store/made_up_images.h"
#include "store/records.h"

namespace davit::store {
namespace {

namespace fs = base::fs;
using std::filesystem::path;

base::Code code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.code();
  }
  return base::Code::kInternal;
}

class ImageStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::make_directory(root_); }
  void TearDown() override { ::unsetenv("DAVIT_TEST_NOW"); }
  ImageStore open(HistoryPolicy policy = {}) const { return ImageStore({root_, policy}); }
  path journal() const { return root_ / "tags.journal"; }

  fs::TemporaryDirectory folder_{testing::TempDir(), "image-store-test-"};
  path root_ = folder_.path() / "store";
};

TEST(Crc32c, IsTheOneOfTheStandard) { EXPECT_EQ(crc32c("123456789"), 0xe3069283U); }

TEST_F(ImageStoreTest, SummariesAreTheRecordsInBrief) {
  ImageStore store = open();
  auto older = image("older", 7), undated = image("undated", 8);
  older.created = *older.created - std::chrono::hours(1);
  undated.created = std::nullopt;
  for (const ImageRecord& record : {undated, older, image("new", 9)}) store.add_image(record);
  const auto records = store.list_images();
  const auto summaries = store.list_summaries();
  ASSERT_EQ(records.size(), 3U);
  ASSERT_EQ(summaries.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(summaries[i].id, records[i].id);
    EXPECT_EQ(summaries[i].size, records[i].size);
    EXPECT_EQ(summaries[i].created, records[i].created);
  }
}

TEST_F(ImageStoreTest, AnImageComesBackWhole) {
  ImageRecord record = image("a");
  record.index = descriptor("index");
  record.index->annotations = {{"key", "välue\n"}};
  record.created.reset();
  open().add_image(record);
  const auto found = open().find_image(record.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->manifest, record.manifest);
  EXPECT_EQ(found->index, record.index);
  ASSERT_EQ(found->layers.size(), 1U);
  EXPECT_EQ(found->layers[0].blob, record.layers[0].blob);
  EXPECT_EQ(found->layers[0].diff_id, record.layers[0].diff_id);
  EXPECT_EQ(found->size, 100U);
  EXPECT_EQ(found->created, std::nullopt);
  EXPECT_EQ(found->added, record.added);
  EXPECT_EQ(open().find_image(digest("b")), std::nullopt);
}

TEST_F(ImageStoreTest, AnImageAddedAgainKeepsItsArrivalAndItsIndex) {
  ImageStore store = open();
  ImageRecord record = image("a");
  record.index = descriptor("index");
  store.add_image(record);
  record.index.reset();
  record.added += std::chrono::hours(1);
  const auto size = fs::read_file(journal()).size();
  store.add_image(record);
  EXPECT_EQ(store.find_image(record.id)->added, image("a").added);
  EXPECT_EQ(store.find_image(record.id)->index, descriptor("index"));
  EXPECT_EQ(fs::read_file(journal()).size(), size);
}

TEST_F(ImageStoreTest, ImagesAreListedNewestFirstAndFoundByPrefix) {
  ImageStore store = open();
  ImageRecord older = image("older");
  older.created = *older.created - std::chrono::hours(1);
  ImageRecord unknown = image("unknown");
  unknown.created.reset();
  for (const ImageRecord& record : {unknown, older, image("newer")}) store.add_image(record);
  const auto list = store.list_images();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].id, digest("newer"));
  EXPECT_EQ(list[1].id, digest("older"));
  EXPECT_EQ(list[2].id, digest("unknown"));
  const std::string hex = digest("newer").hex();
  for (const std::string& prefix : {hex, hex.substr(0, 12), "sha256:" + hex.substr(0, 12)}) {
    ASSERT_EQ(store.find_images_by_prefix(prefix).size(), 1U) << prefix;
  }
  for (const std::string& prefix : {std::string(), std::string("sha256:"), std::string("xyz"), hex + "0", "%" + hex}) {
    EXPECT_TRUE(store.find_images_by_prefix(prefix).empty()) << prefix;
  }
}

TEST_F(ImageStoreTest, WhatCouldNotBeReadAgainIsRefusedAndChangesNothing) {
  ImageStore store = open();
  store.add_image(image("a"));
  const std::string before = fs::read_file(journal());
  ImageRecord record = image("b");
  record.manifest.media_type.clear();
  EXPECT_EQ(code_of([&] { store.add_image(record); }), base::Code::kInvalidArgument);
  Tag bad = tag("app:1", "a");
  bad.target.media_type = "not\xff utf-8";
  EXPECT_EQ(code_of([&] { store.set_tag(bad, "tag"); }), base::Code::kInvalidArgument);
  EXPECT_EQ(fs::read_file(journal()), before);
  EXPECT_EQ(store.find_image(record.id), std::nullopt);
}

TEST_F(ImageStoreTest, ATagMovesAndEveryMoveIsRemembered) {
  ImageStore store = open();
  for (const char* name : {"a", "b"}) store.add_image(image(name));
  EXPECT_EQ(store.set_tag(tag("app:1", "a"), "pull"), std::nullopt);
  EXPECT_EQ(store.set_tag(tag("app:1", "b"), "tag")->image, digest("a"));
  EXPECT_EQ(store.set_tag(tag("app:1", "b"), "tag")->image, digest("b"));  // nothing new
  EXPECT_EQ(store.remove_tag(reference("app:1"), "rmi")->image, digest("b"));
  EXPECT_EQ(store.remove_tag(reference("app:1"), "rmi"), std::nullopt);
  EXPECT_EQ(store.find_tag(reference("app:1")), std::nullopt);

  const auto moves = open().history(reference("app:1"));
  ASSERT_EQ(moves.size(), 3U);
  EXPECT_EQ(moves[0].command, "rmi");
  EXPECT_EQ(moves[0].to_image, std::nullopt);
  EXPECT_EQ(moves[0].from_image, digest("b"));
  EXPECT_EQ(moves[1].from_image, digest("a"));
  EXPECT_EQ(moves[1].to, descriptor("b manifest"));
  EXPECT_EQ(moves[2].from, std::nullopt);
  EXPECT_GT(moves[0].sequence, moves[1].sequence);
}

TEST_F(ImageStoreTest, ARepositoryDigestIsATagWithoutHistory) {
  ImageStore store = open();
  store.add_image(image("a"));
  const auto name = oci::Reference::with_digest(reference("app:1").repository(), digest("a manifest"));
  store.set_tag({name, descriptor("a manifest"), digest("a")}, "pull");
  EXPECT_EQ(store.find_tag(name)->image, digest("a"));
  EXPECT_EQ(store.tags_of(digest("a")).size(), 1U);
  EXPECT_TRUE(store.history(name).empty());
}

TEST_F(ImageStoreTest, ATagNeedsItsImageAndAnImageIsNotRemovedUnderItsTag) {
  ImageStore store = open();
  EXPECT_EQ(code_of([&] { store.set_tag(tag("app:1", "a"), "tag"); }), base::Code::kNotFound);
  store.add_image(image("a"));
  store.set_tag(tag("app:1", "a"), "tag");
  EXPECT_EQ(code_of([&] { store.remove_image(digest("a")); }), base::Code::kConflict);
  store.remove_tag(reference("app:1"), "rmi");
  store.remove_image(digest("a"));
  store.remove_image(digest("a"));
  EXPECT_TRUE(store.list_images().empty());
  EXPECT_TRUE(fs::list(root_ / "images").empty());
}

TEST_F(ImageStoreTest, HistoryPinsWhatAnOverwriteDisplacedUntilItIsRemovedOrTooOld) {
  ::setenv("DAVIT_TEST_NOW", "2026-01-01T00:00:00Z", 1);
  ImageStore store = open({.moves = 2, .days = 10, .bytes = 250});
  for (const char* name : {"a", "b", "c", "d"}) store.add_image(image(name));
  for (const char* name : {"a", "b", "c", "d"}) store.set_tag(tag("app:1", name), "pull");
  EXPECT_EQ(store.pinned_by_history(), (std::vector{digest("c"), digest("b")}));
  EXPECT_EQ(store.pinned_moves().at(0).from, descriptor("c manifest"));
  store.remove_tag(reference("app:1"), "rmi");  // displaces nothing
  EXPECT_EQ(store.pinned_by_history(), (std::vector{digest("c"), digest("b")}));

  store.mark_gone(digest("c"));
  EXPECT_EQ(store.pinned_by_history(), std::vector{digest("b")});
  EXPECT_TRUE(store.history(reference("app:1"))[2].gone);
  ::setenv("DAVIT_TEST_NOW", "2026-01-11T00:00:01Z", 1);
  EXPECT_TRUE(store.pinned_by_history().empty());
}

TEST_F(ImageStoreTest, ALostDamagedOrForeignIndexIsMadeAnewFromTheFiles) {
  std::string before;
  {
    ImageStore store = open();
    for (const char* name : {"a", "b"}) store.add_image(image(name));
    store.set_tag(tag("app:1", "a"), "pull");
    store.set_tag(tag("app:1", "b"), "pull");
    store.set_tag(tag("app:2", "a"), "tag");
    store.mark_gone(digest("a"));
    before = dump(store);
    store.rebuild_index();
    EXPECT_EQ(dump(store), before);
  }
  fs::remove(root_ / "index.db");
  EXPECT_EQ(dump(open()), before);
  fs::write_file(root_ / "index.db", std::string(10'000, 'x'));
  EXPECT_EQ(dump(open()), before);
  {
    const auto size = fs::read_file(root_ / "index.db").size();
    fs::File file = fs::File::open(root_ / "index.db", {.access = fs::Access::kReadWrite});
    file.write_at(base::as_byte_view(std::string(size - 4096, '\xee')), 4096);
  }
  EXPECT_EQ(dump(open()), before);
}

TEST_F(ImageStoreTest, AnOpenStoreNoticesThatItsIndexWasReplaced) {
  ImageStore store = open();
  store.add_image(image("a"));
  fs::remove(root_ / "index.db");
  open().set_tag(tag("app:1", "a"), "tag");
  EXPECT_TRUE(store.find_tag(reference("app:1")));
}

TEST_F(ImageStoreTest, AnIndexBehindTheJournalCatchesUp) {
  {
    ImageStore store = open();
    store.add_image(image("a"));
    store.set_tag(tag("app:1", "a"), "tag");
  }
  const std::string old_index = fs::read_file(root_ / "index.db");
  std::string after;
  {
    ImageStore store = open();
    store.set_tag(tag("app:2", "a"), "tag");
    store.remove_tag(reference("app:1"), "rmi");
    after = dump(store);
  }
  fs::write_file(root_ / "index.db", old_index);
  EXPECT_EQ(dump(open()), after);
}

TEST_F(ImageStoreTest, ATornLastLineIsAsIfItHadNeverBeenBegun) {
  {
    ImageStore store = open();
    store.add_image(image("a"));
    store.set_tag(tag("app:1", "a"), "tag");
  }
  const std::string whole = fs::read_file(journal());
  const std::string before = dump(open());
  const std::string line = whole.substr(whole.rfind('\n', whole.size() - 2) + 1);
  for (const std::string& tail : {line.substr(0, 1), line.substr(0, line.size() - 1), std::string(5000, '\0'),
                                  std::string(100, '\0') + line.substr(100)}) {
    fs::write_file(journal(), whole + tail);
    EXPECT_EQ(dump(open()), before);
    fs::remove(root_ / "index.db");
    EXPECT_EQ(dump(open()), before);
    open().set_tag(tag("app:2", "a"), "tag");
    EXPECT_NE(dump(open()), before);
    fs::remove(root_ / "index.db");
    EXPECT_TRUE(open().find_tag(reference("app:2")));
    fs::write_file(journal(), whole);
    fs::remove(root_ / "index.db");
  }
}

TEST_F(ImageStoreTest, DamageInTheMiddleOfTheJournalIsCorruptAndNamesTheLine) {
  {
    ImageStore store = open();
    store.add_image(image("a"));
    for (const char* name : {"app:1", "app:2", "app:3"}) store.set_tag(tag(name, "a"), "tag");
  }
  const std::string whole = fs::read_file(journal());
  const std::size_t second = whole.find('\n') + 1;
  const std::size_t third = whole.find('\n', second) + 1;
  std::string flipped = whole;
  flipped[second + 40] ^= 1;
  for (const std::string& damaged : {flipped, whole.substr(0, second) + whole.substr(third)}) {
    fs::write_file(journal(), damaged);
    fs::remove(root_ / "index.db");
    try {
      open();
      FAIL() << "the damage went unseen";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::Code::kCorrupt);
      EXPECT_NE(error.message().find("line 2 "), std::string::npos) << error.message();
    }
  }
}

TEST_F(ImageStoreTest, AJournalThatLostLinesIsCorruptAndTheIndexStays) {
  {
    ImageStore store = open();
    store.add_image(image("a"));
    store.set_tag(tag("app:1", "a"), "tag");
  }
  const std::string whole = fs::read_file(journal());
  fs::write_file(journal(), whole.substr(0, whole.find('\n') + 1));
  EXPECT_EQ(code_of([&] { open(); }), base::Code::kCorrupt);
  fs::write_file(journal(), whole);
  EXPECT_TRUE(open().find_tag(reference("app:1")));
}

TEST_F(ImageStoreTest, ARebuildMakesTheRecordsWhatTheJournalSays) {
  for (const char* name : {"a", "b", "c"}) open().add_image(image(name));
  open().remove_image(digest("c"));
  const auto file = [&](const char* name) { return root_ / "images" / (digest(name).hex() + ".json"); };
  const std::string before = fs::read_file(file("a"));
  fs::write_file(file("a"), "{");
  fs::remove(file("b"));
  fs::write_file(file("c"), write_record(image("c")));
  open().rebuild_index();
  EXPECT_EQ(fs::read_file(file("a")), before);
  EXPECT_TRUE(fs::exists(file("b")));
  EXPECT_FALSE(fs::exists(file("c")));
  EXPECT_EQ(open().list_images().size(), 2U);
}

TEST_F(ImageStoreTest, ImagesOutliveTheLossOfTheJournal) {
  {
    ImageStore store = open();
    for (const char* name : {"a", "b"}) store.add_image(image(name));
    store.set_tag(tag("app:1", "a"), "pull");
  }
  const std::string whole = fs::read_file(journal());
  for (const std::string& left : {std::string(), whole.substr(0, whole.find('\n') + 1)}) {
    fs::write_file(journal(), left);
    fs::remove(root_ / "index.db");
    fs::write_file(root_ / "images" / "foreign.json", "{}");
    EXPECT_EQ(open().list_images().size(), 2U);
    EXPECT_EQ(open().find_image(digest("b"))->layers[0].diff_id, image("b").layers[0].diff_id);
    EXPECT_TRUE(open().list_tags().empty());
    EXPECT_TRUE(fs::exists(root_ / "images" / "foreign.json"));
    const std::string found = fs::read_file(journal());
    open().rebuild_index();  // they are in the journal now
    EXPECT_EQ(fs::read_file(journal()), found);
    EXPECT_EQ(open().list_images().size(), 2U);
  }
}

TEST_F(ImageStoreTest, AChangeOfSeveralThingsIsOneLine) {
  ImageStore store = open();
  store.add_image(image("a"));
  store.set_tag(tag("app:1", "a"), "pull");
  store.set_tag(tag("app:2", "a"), "tag");
  const auto before = store.apply({.command = "pull",
                                   .add_images = {image("b"), image("c")},
                                   .remove_tags = {reference("app:2"), reference("none:1")},
                                   .set_tags = {tag("app:1", "b"), tag("app:3", "c"), tag("app:4", "c")},
                                   .mark_gone = {digest("a")},
                                   .remove_images = {digest("a")}});
  ASSERT_EQ(before.removed.size(), 2U);
  EXPECT_EQ(before.removed[0]->image, digest("a"));
  EXPECT_EQ(before.removed[1], std::nullopt);
  ASSERT_EQ(before.set.size(), 3U);
  EXPECT_EQ(before.set[0]->image, digest("a"));
  EXPECT_EQ(before.set[2], std::nullopt);

  EXPECT_EQ(store.find_image(digest("a")), std::nullopt);
  EXPECT_EQ(store.find_tag(reference("app:2")), std::nullopt);
  EXPECT_EQ(store.find_tag(reference("app:4"))->image, digest("c"));
  const auto moves = store.history(reference("app:1"));
  ASSERT_EQ(moves.size(), 2U);
  EXPECT_EQ(moves[0].from_image, digest("a"));
  EXPECT_EQ(moves[0].command, "pull");
  EXPECT_TRUE(moves[1].gone);
  EXPECT_EQ(moves[0].sequence, store.history(reference("app:3")).at(0).sequence);
  const std::string whole = fs::read_file(journal());
  EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 4);
  const std::string now = dump(store);
  store.rebuild_index();
  EXPECT_EQ(dump(store), now);
}

TEST_F(ImageStoreTest, OverwritesOfOneChangeArePinnedInTheirOrder) {
  ImageStore store = open();
  for (const char* name : {"a", "b", "c"}) store.add_image(image(name));
  store.apply({.command = "pull", .set_tags = {tag("app:1", "a"), tag("app:2", "b")}});
  store.apply({.command = "pull", .set_tags = {tag("app:1", "c"), tag("app:2", "c")}});
  EXPECT_EQ(store.pinned_by_history(), (std::vector{digest("b"), digest("a")}));
}

TEST_F(ImageStoreTest, AChangeOfWhichAPartIsRefusedChangesNothing) {
  ImageStore store = open();
  store.add_image(image("a"));
  store.set_tag(tag("app:1", "a"), "pull");
  const std::string before = fs::read_file(journal());
  const auto refused = [&](Change change) {
    change.command = "pull";
    change.add_images.push_back(image("b"));
    return code_of([&] { store.apply(change); });
  };
  EXPECT_EQ(refused({.set_tags = {tag("app:2", "c")}}), base::Code::kNotFound);
  EXPECT_EQ(refused({.set_tags = {tag("app:2", "a"), tag("app:2", "b")}}), base::Code::kInvalidArgument);
  EXPECT_EQ(refused({.remove_tags = {reference("app:1")}, .set_tags = {tag("app:1", "b")}}),
            base::Code::kInvalidArgument);
  EXPECT_EQ(refused({.remove_images = {digest("b")}}), base::Code::kInvalidArgument);
  EXPECT_EQ(refused({.remove_images = {digest("a")}}), base::Code::kConflict);
  EXPECT_EQ(
      refused({.remove_tags = {reference("app:1")}, .set_tags = {tag("app:2", "a")}, .remove_images = {digest("a")}}),
      base::Code::kConflict);
  EXPECT_EQ(fs::read_file(journal()), before);
  EXPECT_EQ(store.list_images().size(), 1U);
}

TEST_F(ImageStoreTest, AChangeIsMadeOfWhatIsHereAndNobodyChangesItMeanwhile) {
  ImageStore store = open();
  store.add_image(image("a"));
  const auto before = store.apply([&] {
    EXPECT_EQ(code_of([&] { store.set_tag(tag("app:1", "a"), "tag"); }), base::Code::kInternal);
    return Change{.command = "tag", .set_tags = {tag("app:2", store.list_tags().empty() ? "a" : "b")}};
  });
  EXPECT_EQ(before.set.at(0), std::nullopt);
  EXPECT_EQ(code_of([&] { store.apply([]() -> Change { throw base::Error(base::Code::kCancelled, "no"); }); }),
            base::Code::kCancelled);
  EXPECT_EQ(store.list_tags().size(), 1U);
  store.remove_tag(reference("app:2"), "rmi");
}

}  // namespace
}  // namespace davit::store
