// What every layer driver must do. A driver joins by a line at the end.

#include <cerrno>
#include <set>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "layer/layer_store.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using base::Code;
using base::Error;
using codec::TarEntry;
using test::Archive;
using test::Tree;

// Fails when it is read.
class UnreadableSource final : public base::Source {
 public:
  std::size_t read(base::ByteSpan) override { throw Error(Code::kInternal, "the source was read"); }
};

class LayerDriverTest : public testing::TestWithParam<const char*> {
 protected:
  LayerDriverTest() {
    for (const auto* name : {"store", "merged", "upper", "work", "expected"}) {
      fs::make_directory(folder_.path() / name, 0755);
    }
    driver_ = open();
  }
  ~LayerDriverTest() override { driver_->unmount(merged_); }

  std::unique_ptr<LayerStore> open() const {
    return open_layers({.root = folder_.path() / "store", .run = folder_.path() / "run", .driver = GetParam()});
  }
  std::unique_ptr<StagedLayer> stage(const Archive& archive, LayerStore& driver) {
    const std::string bytes = archive.bytes();
    base::MemorySource source(bytes);
    return driver.stage(archive.diff_id(), source);
  }
  LayerRecord add(const Archive& archive) {
    const auto staged = stage(archive, *driver_);
    if (!staged) return *driver_->find(archive.diff_id());
    driver_->sync();
    return staged->commit();
  }
  // Mounts the chain, bottom first.
  void mount(const std::vector<Archive>& layers, bool writable = false) {
    MountOptions options{.diff_ids = {}, .upper = {}, .work = {}, .target = merged_};
    for (const Archive& layer : layers) {
      add(layer);
      options.diff_ids.push_back(layer.diff_id());
    }
    if (writable) {
      options.upper = folder_.path() / "upper";
      options.work = folder_.path() / "work";
    }
    driver_->mount(options);
  }
  // What a mounted chain shows, compared with what GNU tar makes of the same layers.
  std::string differences(const std::vector<Archive>& layers) {
    const time_t start = time(nullptr) - 1;
    mount(layers);
    for (const Archive& layer : layers) test::apply_with_gnu_tar(layer, expected_);
    Tree expected = test::read_tree(expected_);
    Tree found = test::read_tree(merged_);
    for (auto* tree : {&expected, &found}) {
      tree->at("").mtime = {};
    }
    return test::difference(expected, found, start);
  }
  // Adds a layer that must be refused, and returns the message.
  std::string refusal(const Archive& archive, Code code = Code::kInvalidArgument) {
    try {
      add(archive);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), code) << e.message();
      EXPECT_FALSE(driver_->find(archive.diff_id()));
      return e.message();
    }
    ADD_FAILURE() << "not refused";
    return "";
  }
  std::string content(const std::string& path) { return fs::read_file(merged_ / path); }
  mode_t mode(const std::string& path) {
    const auto full = path.empty() ? merged_ : merged_ / path;
    const auto status = fs::Directory::open(full.parent_path()).status(full.filename());
    return status ? status->st_mode & 07777 : 0;
  }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  std::filesystem::path merged_ = folder_.path() / "merged";
  std::filesystem::path expected_ = folder_.path() / "expected";
  std::unique_ptr<LayerStore> driver_;
};

TEST_P(LayerDriverTest, ALayerIsFoundOnlyAfterItsCommit) {
  const Archive archive = Archive().folder("d").file("d/f", "content");
  EXPECT_FALSE(driver_->find(archive.diff_id()));
  auto staged = stage(archive, *driver_);
  ASSERT_TRUE(staged);
  EXPECT_FALSE(driver_->find(archive.diff_id()));
  EXPECT_TRUE(driver_->list().empty());
  driver_->sync();
  const LayerRecord record = staged->commit();
  EXPECT_EQ(record.diff_id, archive.diff_id());
  EXPECT_EQ(record.driver, driver_->driver().name);
  EXPECT_EQ(record.size, 7U);
  EXPECT_EQ(record.entries, 2U);
  EXPECT_FALSE(record.has_implied_folders);
  EXPECT_EQ(driver_->find(archive.diff_id())->size, 7U);
  EXPECT_EQ(driver_->list(), std::vector{archive.diff_id()});
}

TEST_P(LayerDriverTest, AStagedLayerThatIsGivenUpLeavesNothing) {
  const Archive archive = Archive().file("f", "content");
  stage(archive, *driver_).reset();
  EXPECT_FALSE(driver_->find(archive.diff_id()));
  EXPECT_TRUE(stage(archive, *driver_));
}

TEST_P(LayerDriverTest, ALayerThatIsThereIsNotReadAgain) {
  const Archive archive = Archive().file("f", "content");
  add(archive);
  UnreadableSource source;
  EXPECT_FALSE(driver_->stage(archive.diff_id(), source));
  EXPECT_FALSE(open()->stage(archive.diff_id(), source));
}

TEST_P(LayerDriverTest, TheWrongDiffIdIsCorruption) {
  const std::string bytes = Archive().file("f", "content").bytes();
  const oci::Digest other = Archive().file("f", "CONTENT").diff_id();
  base::MemorySource source(bytes);
  try {
    (void)driver_->stage(other, source);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kCorrupt);
    EXPECT_NE(e.message().find("expected " + other.text()), std::string::npos);
    EXPECT_NE(e.message().find("got sha256:"), std::string::npos);
  }
  EXPECT_FALSE(driver_->find(other));
}

TEST_P(LayerDriverTest, TheDiffIdCoversWhatFollowsTheArchive) {
  const Archive archive = Archive().file("f", "content");
  const std::string bytes = archive.bytes() + std::string(10'000, '\0') + "trailing";
  base::MemorySource source(bytes);
  EXPECT_THROW((void)driver_->stage(archive.diff_id(), source), Error);
}

TEST_P(LayerDriverTest, AnArchiveCutShortLeavesNothing) {
  const Archive archive = Archive().file("f", std::string(100'000, 'x'));
  const std::string bytes = archive.bytes().substr(0, 30'000);
  base::MemorySource source(bytes);
  EXPECT_THROW((void)driver_->stage(archive.diff_id(), source), Error);
  EXPECT_FALSE(driver_->find(archive.diff_id()));
  EXPECT_TRUE(stage(archive, *driver_));
}

TEST_P(LayerDriverTest, TwoThatWantOneLayerUnpackItOnce) {
  Archive archive;
  for (int i = 0; i < 500; ++i) archive.file("d/" + std::to_string(i), "x");
  const std::string bytes = archive.bytes();
  const auto diff_id = archive.diff_id();
  std::atomic<int> committed = 0;
  std::atomic<int> reads = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto driver = open();
        base::MemorySource source(bytes);
        std::size_t read = 0;
        base::CallbackSink count([&](base::ByteView piece) { read += piece.size(); });
        base::TeeSource counted(source, count);
        if (const auto staged = driver->stage(diff_id, counted)) {
          driver->sync();
          staged->commit();
          ++committed;
        }
        if (read > 0) ++reads;
      });
    }
  }
  EXPECT_GE(committed, 1);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(driver_->find(diff_id)->entries, 501U);
}

TEST_P(LayerDriverTest, WhoeverCommitsASharedLayerMakesItsNameDurable) {
  const Archive archive = Archive().file("f", "content");
  const auto other = open();
  const auto first = stage(archive, *driver_);
  const auto second = stage(archive, *other);
  ASSERT_TRUE(first && second);
  driver_->sync();
  first->commit();
  // Who named it may have been stopped before the folder was synced.
  fs::set_fault_hook([](fs::Operation operation, std::string_view path) {
    return operation == fs::Operation::kSync && path.ends_with(GetParam()) ? EIO : 0;
  });
  EXPECT_THROW(second->commit(), Error);
  fs::set_fault_hook({});
}

TEST_P(LayerDriverTest, AHolderWhoIsLateNamesNothingThatIsAnothers) {
  const Archive archive = Archive().file("f", std::string(1'000'000, 'x'));
  const auto other = open();
  const auto first = stage(archive, *driver_);
  const auto late = stage(archive, *other);
  ASSERT_TRUE(first && late);
  driver_->sync();
  first->commit();
  driver_->remove(archive.diff_id());
  const std::string bytes = archive.bytes();
  base::MemorySource source(bytes);
  bool tried = false;
  base::CallbackSink meanwhile([&](base::ByteView) {
    if (std::exchange(tried, true)) return;
    EXPECT_THROW(late->commit(), Error);
  });
  base::TeeSource again(source, meanwhile);
  const auto staged = driver_->stage(archive.diff_id(), again);
  ASSERT_TRUE(staged && tried);
  EXPECT_FALSE(driver_->find(archive.diff_id()));
  driver_->sync();
  staged->commit();
  EXPECT_EQ(driver_->find(archive.diff_id())->size, 1'000'000U);
}

TEST_P(LayerDriverTest, RemovingIsIdempotentAndTellsTheBytes) {
  const Archive archive = Archive().file("f", std::string(100'000, 'x'));
  add(archive);
  EXPECT_GE(driver_->remove(archive.diff_id()), 100'000U);
  EXPECT_EQ(driver_->remove(archive.diff_id()), 0U);
  EXPECT_FALSE(driver_->find(archive.diff_id()));
  EXPECT_TRUE(driver_->list().empty());
}

TEST_P(LayerDriverTest, UsageIsWhatARemovalGivesBack) {
  Archive large;
  large.folder("d").file("d/first", std::string(20'000, 'x')).hard_link("d/again", "d/first");
  for (int i = 0; i < 500; ++i) large.file("d/a-file-with-a-long-name-that-fills-its-folder-" + std::to_string(i), "x");
  const Archive small = Archive().file("f", std::string(100'000, 'x'));
  for (const Archive& archive : {small, large}) {
    add(archive);
    driver_->sync();
    const LayersUsage first = driver_->disk_usage(), again = driver_->disk_usage();
    ASSERT_TRUE(first.layers.contains(archive.diff_id()));
    EXPECT_GT(first.layers.at(archive.diff_id()), 0U);
    EXPECT_EQ(first.layers, again.layers);
    EXPECT_EQ(driver_->remove(archive.diff_id()), first.layers.at(archive.diff_id()));
    EXPECT_TRUE(driver_->disk_usage().layers.empty());
  }
}

TEST_P(LayerDriverTest, CleaningTellsWhatADeadCommandLeft) {
  EXPECT_EQ(driver_->clean(), 0U);
  auto left = stage(Archive().file("f", std::string(50'000, 'x')), *driver_);
  ASSERT_TRUE(left);
  EXPECT_EQ(driver_->clean(), 0U);  // somebody is at it
  left.reset();
  EXPECT_EQ(driver_->clean(), 0U);
}

TEST_P(LayerDriverTest, AMissingLayerIsNamed) {
  const oci::Digest missing = Archive().file("f", "").diff_id();
  try {
    driver_->mount({.diff_ids = {missing}, .upper = {}, .work = {}, .target = merged_});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotFound);
    EXPECT_NE(e.message().find(missing.text()), std::string::npos);
  }
}

TEST_P(LayerDriverTest, AChainShowsWhatGnuTarMakesOfIt) {
  TarEntry capable;
  capable.path = "bin/ping";
  capable.mode = 0755;
  capable.xattrs = {
      {"security.capability",
       std::string("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20)},
      {"user.note", "kept"}};
  const Archive base = Archive()
                           .folder("bin")
                           .add(capable)
                           .file("bin/su", "su", 04755)
                           .folder("etc", 0750, 1, 2)
                           .file("etc/a", "1")
                           .file("etc/b", "1")
                           .hard_link("etc/c", "etc/b")
                           .symlink("etc/l", "a")
                           .folder("gone")
                           .file("gone/x", "")
                           .folder("opaque", 0711)
                           .file("opaque/below", "")
                           .folder("file-to-folder", 0700)
                           .fifo("pipe")
                           .device("null", 1, 3);
  const Archive middle = Archive()
                             .whiteout("etc/a")
                             .whiteout("gone")
                             .folder("etc", 0755, 3, 4)
                             .file("etc/d", "2", 0600, 1000, 1000)
                             .folder("opaque", 0711)
                             .opaque("opaque")
                             .file("opaque/new", "2")
                             .file("pipe", "no pipe");
  const Archive top =
      Archive().folder("gone").file("gone/y", "3").whiteout("null").symlink("file-to-folder", "etc").file("etc/e", "3");
  EXPECT_EQ(differences({base, middle, top}), "");
}

TEST_P(LayerDriverTest, AChainIsOneFileSystemWithInodeNumbersOfItsOwn) {
  mount({Archive().folder("d").file("d/a", "1"), Archive().file("d/b", "2"), Archive().file("d/c", "3")});
  const auto folder = fs::Directory::open(merged_ / "d");
  std::set<ino_t> numbers;
  for (const char* name : {"a", "b", "c"}) {
    numbers.insert(folder.status(name)->st_ino);
    EXPECT_EQ(folder.status(name)->st_dev, fs::Directory::open(merged_).status("d")->st_dev) << name;
  }
  EXPECT_EQ(numbers.size(), 3U);
}

TEST_P(LayerDriverTest, AnImpliedFolderHasTheAttributesOfTheNearestBelow) {
  const Archive base =
      Archive().folder("tmp", 01777, 5, 6).folder("a", 0700).folder("a/b", 0710, 7, 7).file("a/b/x", "1");
  const Archive middle = Archive().folder("a", 0751, 8, 8).file("other", "");
  const Archive top = Archive().file("tmp/x", "").file("a/b/y", "2").file("new/z", "");
  EXPECT_EQ(differences({base, middle, top}), "");
  EXPECT_EQ(mode("tmp"), 01777U);
  EXPECT_EQ(mode("a"), 0751U);
  EXPECT_EQ(mode("a/b"), 0710U);
  EXPECT_EQ(mode("new"), 0755U);
}

TEST_P(LayerDriverTest, EntriesUnderAFolderThatIsALinkBelowLandBehindIt) {
  const Archive base = Archive()
                           .folder("usr")
                           .folder("usr/lib", 0711, 1, 1)
                           .file("usr/lib/old", "1")
                           .file("usr/lib/gone", "1")
                           .folder("usr/lib/sub", 0700, 2, 2)
                           .file("usr/lib/sub/old", "1")
                           .symlink("lib", "usr/lib")
                           .symlink("twice", "lib/sub");
  const Archive top = Archive()
                          .file("lib/new", "2", 0640, 3, 3)
                          .whiteout("lib/gone")
                          .file("lib/sub/new", "2")
                          .hard_link("lib/linked", "lib/new")
                          .folder("lib/made", 0701)
                          .file("lib/made/x", "2")
                          .file("twice/through", "2")
                          .file("usr/lib/direct", "2");
  EXPECT_EQ(differences({base, top}), "");
  EXPECT_TRUE(fs::read_link(merged_ / "lib"));
  EXPECT_EQ(content("usr/lib/sub/through"), "2");
  EXPECT_EQ(mode("usr/lib"), 0711U);
}

TEST_P(LayerDriverTest, AnAbsoluteLinkBelowLeadsInsideTheTree) {
  mount({Archive().folder("usr").folder("usr/lib", 0700).symlink("lib", "/usr/lib").symlink("up", "../../usr/lib"),
         Archive().file("lib/x", "2").file("up/y", "2")});
  EXPECT_EQ(fs::list(merged_ / "usr/lib"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(mode("usr/lib"), 0700U);
}

TEST_P(LayerDriverTest, AnAdaptedLayerIsSeenByThoseAboveIt) {
  const Archive base = Archive().folder("usr").folder("usr/lib").symlink("lib", "usr/lib");
  const Archive second = Archive().file("lib/a", "2");
  const Archive third = Archive().file("lib/b", "3").whiteout("lib/a");
  const Archive fourth = Archive().file("lib/c/d", "4");
  EXPECT_EQ(differences({base, second, third, fourth}), "");
  EXPECT_EQ(fs::list(merged_ / "usr/lib"), (std::vector<std::string>{"b", "c"}));
}

TEST_P(LayerDriverTest, ALinkBelowThatLeadsNowhereStaysAndItsFolderIsMade) {
  mount({Archive().symlink("var-run", "run/now"), Archive().file("var-run/pid", "2")});
  EXPECT_EQ(fs::read_link(merged_ / "var-run"), "run/now");
  EXPECT_EQ(content("run/now/pid"), "2");
}

TEST_P(LayerDriverTest, AnOpaqueImpliedFolderKeepsItsAttributes) {
  mount({Archive().folder("o", 0700, 1, 1).folder("o/d", 0700).file("o/x", "1"),
         Archive().opaque("o").file("o/y", "2").file("o/d/z", "2")});
  EXPECT_EQ(mode("o"), 0700U);
  EXPECT_EQ(mode("o/d"), 0755U);  // a new one: the old lies under what is hidden
  EXPECT_EQ(fs::list(merged_ / "o"), (std::vector<std::string>{"d", "y"}));
}

TEST_P(LayerDriverTest, AnOpaqueRootHidesAllBelow) {
  mount({Archive().file("a", "1"), Archive().opaque("").file("b", "2"), Archive().file("c", "3")});
  EXPECT_EQ(fs::list(merged_), (std::vector<std::string>{"b", "c"}));
}

TEST_P(LayerDriverTest, TheRootHasTheAttributesOfTheTopmostLayerThatListsIt) {
  const std::vector<Archive> layers = {Archive().folder("./", 0711, 1, 2), Archive().file("x", "")};
  mount(layers);
  EXPECT_EQ(mode(""), 0711U);
  driver_->unmount(merged_);
  mount(layers, true);
  EXPECT_EQ(mode(""), 0711U);
  // Changed by the container, it stays so.
  fs::Directory::open(folder_.path()).set_mode("merged", 0700);
  driver_->unmount(merged_);
  mount(layers, true);
  EXPECT_EQ(mode(""), 0700U);
}

TEST_P(LayerDriverTest, WritesGoToTheUpperFolderOnly) {
  const Archive archive = Archive().folder("d").file("d/f", "image");
  mount({archive}, true);
  fs::write_file(merged_ / "d" / "f", "container");
  fs::write_file(merged_ / "new", "container");
  EXPECT_EQ(content("d/f"), "container");
  driver_->unmount(merged_);
  EXPECT_EQ(fs::read_file(folder_.path() / "upper" / "new"), "container");
  mount({archive});
  EXPECT_EQ(content("d/f"), "image");
  EXPECT_THROW(fs::write_file(merged_ / "other", ""), Error);
}

TEST_P(LayerDriverTest, AnEmptyChainAndEmptyLayersMount) {
  mount({});
  EXPECT_TRUE(fs::list(merged_).empty());
  driver_->unmount(merged_);
  mount({}, true);
  driver_->unmount(merged_);
  mount({Archive()});
  EXPECT_TRUE(fs::list(merged_).empty());
}

TEST_P(LayerDriverTest, TheSameLayerTwiceInAChainMounts) {
  const Archive empty = Archive();
  const Archive file = Archive().file("f", "1");
  mount({file, empty, empty, file});
  EXPECT_EQ(content("f"), "1");
}

TEST_P(LayerDriverTest, A127LayersMount) {
  std::vector<Archive> layers;
  for (int i = 0; i < 127; ++i) {
    Archive layer;
    if (i == 0) layer.folder("tmp", 01777).folder("usr").symlink("lib", "usr");
    layer.folder("d").file("d/" + std::to_string(i), std::to_string(i));
    if (i % 40 == 39) layer.file("tmp/" + std::to_string(i), "").file("lib/" + std::to_string(i), "");
    layers.push_back(layer);
  }
  EXPECT_EQ(differences(layers), "");
  driver_->unmount(merged_);
  mount(layers, true);
  EXPECT_EQ(fs::list(merged_ / "d").size(), 127U);
  EXPECT_EQ(fs::list(merged_ / "usr").size(), 3U);
  EXPECT_EQ(mode("tmp"), 01777U);
}

TEST_P(LayerDriverTest, AdversarialArchivesAreRefusedByNameAndLeaveNothing) {
  EXPECT_NE(refusal(Archive().file("ok", "").file("../evil", "")).find("../evil"), std::string::npos);
  EXPECT_NE(refusal(Archive().hard_link("h", "../../etc/passwd")).find("'h'"), std::string::npos);
  EXPECT_NE(refusal(Archive().hard_link("h", "/etc/passwd")).find("'h'"), std::string::npos);
  EXPECT_NE(refusal(Archive().device("dev/x", 0, 0)).find("dev/x"), std::string::npos);
  EXPECT_NE(refusal(Archive().file(".wh.", "")).find(".wh."), std::string::npos);
  EXPECT_NE(refusal(Archive().file(".wh...", "")).find(".wh..."), std::string::npos);
  EXPECT_NE(refusal(Archive().file(std::string(10'240, 'n'), "")).find("nnn"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_.path() / "evil"));
  EXPECT_TRUE(driver_->list().empty());
}

TEST_P(LayerDriverTest, NothingIsWrittenThroughALink) {
  fs::make_directory(folder_.path() / "outside");
  fs::write_file(folder_.path() / "outside" / "f", "safe");
  const std::string out = (folder_.path() / "outside").string();
  mount({Archive()
             .symlink("d", out)
             .file("d/f", "evil")
             .symlink("f", out + "/f")
             .file("f", "evil")
             .folder("e")
             .symlink("e", "../../../../../../../../" + out)
             .file("e/f", "evil")});
  EXPECT_EQ(fs::list(folder_.path() / "outside"), (std::vector<std::string>{"f"}));
  EXPECT_EQ(fs::read_file(folder_.path() / "outside" / "f"), "safe");
}

INSTANTIATE_TEST_SUITE_P(Drivers, LayerDriverTest, testing::Values("overlay", "erofs"),
                         [](const auto& param) { return std::string(param.param); });

}  // namespace
}  // namespace davit::layer
