// Both drivers in one store: which is chosen, forms side by side, and a form that is missing or damaged. What each
// driver must do is in tests/contract/layer_driver_test.cpp.

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/process.h"
#include "codec/hash.h"
#include "layer/erofs_probe.h"
#include "layer/layer_mounts.h"
#include "layer/layer_store.h"
#include "layer/probe.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using base::Code;
using base::Error;
using test::Archive;

class LayersTest : public testing::Test {
 protected:
  LayersTest() {
    for (const auto* name : {"store", "merged"}) fs::make_directory(folder_.path() / name, 0755);
    if (!probe_erofs(folder_.path()).backing) skip_ = "this machine mounts no EROFS images";
  }
  void SetUp() override {
    if (!skip_.empty()) GTEST_SKIP() << skip_;
  }
  ~LayersTest() override { open("auto")->unmount(merged_); }

  std::unique_ptr<LayerStore> open(const std::string& driver) {
    return open_layers({.root = root_, .run = folder_.path() / "run", .driver = driver, .source = source_});
  }
  static void add(LayerStore& layers, const Archive& archive) {
    const std::string bytes = archive.bytes();
    base::MemorySource source(bytes);
    if (auto staged = layers.stage(archive.diff_id(), source)) {
      layers.sync();
      staged->commit();
    }
  }
  void mount(LayerStore& layers, const std::vector<Archive>& chain) {
    MountOptions options{.diff_ids = {}, .upper = {}, .work = {}, .target = merged_};
    for (const Archive& layer : chain) options.diff_ids.push_back(layer.diff_id());
    layers.mount(options);
  }
  std::string driver_of(LayerStore& layers, const Archive& archive) {
    const auto record = layers.find(archive.diff_id());
    return record ? record->driver : "none";
  }
  std::string content(const std::string& path) { return fs::read_file(merged_ / path); }
  std::vector<std::string> mounted() { return LayerMounts(root_, folder_.path() / "run").mounted(); }
  // From now on nothing is mounted by EROFS in this store, as after a move to an older kernel.
  void take_erofs_away() { note_support("none the kernel has no erofs"); }
  // What the probe has found out, in place of "file".
  void note_support(std::string_view found) {
    const auto note = root_ / "erofs" / "probed";
    std::string text = fs::read_file(note);
    const std::size_t line = text.find("file");
    ASSERT_NE(line, std::string::npos) << text;
    text.replace(line, 4, found);
    fs::write_file(note, text);
  }
  std::filesystem::path erofs_folder(const Archive& archive) { return root_ / "erofs" / archive.diff_id().hex(); }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  std::filesystem::path root_ = folder_.path() / "store";
  std::filesystem::path merged_ = folder_.path() / "merged";
  std::function<std::unique_ptr<base::Source>(const oci::Digest&)> source_;
  std::string skip_;
};

TEST_F(LayersTest, AutoTakesErofsWhereItWorksAndSaysWhy) {
  EXPECT_EQ(open("auto")->driver().name, "erofs");
  EXPECT_NE(open("auto")->driver().why.find("mounted"), std::string::npos);
  EXPECT_EQ(open("overlay")->driver().name, "overlay");
  take_erofs_away();
  EXPECT_EQ(open("auto")->driver().name, "overlay");
  EXPECT_NE(open("auto")->driver().why.find("the kernel has no erofs"), std::string::npos);
  try {
    open("erofs");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotSupported);
    EXPECT_NE(e.message().find((root_ / "erofs").string()), std::string::npos) << e.message();
  }
}

TEST_F(LayersTest, AnUnknownDriverIsRefused) {
  try {
    open("btrfs");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    EXPECT_NE(e.message().find("'btrfs'"), std::string::npos);
  }
}

TEST_F(LayersTest, ChainsOfBothFormsMountUnderEitherDefault) {
  const Archive base = Archive().folder("d", 0711).file("d/base", "1").symlink("l", "d");
  const Archive top = Archive().file("d/top", "2").file("l/behind", "2").whiteout("d/base");
  for (const bool base_is_erofs : {true, false}) {
    add(*open(base_is_erofs ? "erofs" : "overlay"), base);
    add(*open(base_is_erofs ? "overlay" : "erofs"), top);
    for (const char* driver : {"overlay", "erofs"}) {
      const auto layers = open(driver);
      EXPECT_EQ(driver_of(*layers, base), base_is_erofs ? "erofs" : "overlay");
      mount(*layers, {base, top});
      EXPECT_EQ(fs::list(merged_ / "d"), (std::vector<std::string>{"behind", "top"}));
      EXPECT_EQ(content("l/behind"), "2");
      EXPECT_EQ(fs::Directory::open(merged_).status("d")->st_mode & 07777, 0711U);
      layers->unmount(merged_);
    }
    for (const Archive& archive : {base, top}) open("auto")->remove(archive.diff_id());
    EXPECT_TRUE(open("auto")->list().empty());
  }
}

TEST_F(LayersTest, ALayerIsMountedOnceForAllAndGoneWithTheLast) {
  const auto layers = open("erofs");
  const Archive archive = Archive().file("f", "1");
  add(*layers, archive);
  fs::make_directory(folder_.path() / "second");
  mount(*layers, {archive});
  layers->mount({.diff_ids = {archive.diff_id()}, .upper = {}, .work = {}, .target = folder_.path() / "second"});
  EXPECT_EQ(mounted(), std::vector{archive.diff_id().hex()});
  layers->unmount(merged_);
  EXPECT_EQ(mounted(), std::vector{archive.diff_id().hex()});
  EXPECT_EQ(fs::read_file(folder_.path() / "second" / "f"), "1");
  layers->unmount(folder_.path() / "second");
  EXPECT_TRUE(mounted().empty());
}

TEST_F(LayersTest, AnImageThatIsMissingOrDamagedIsMadeAgainFromTheTar) {
  const auto layers = open("erofs");
  const Archive archive = Archive().folder("d").file("d/f", std::string(5000, 'x'));
  add(*layers, archive);
  const auto image = erofs_folder(archive) / "image";
  const std::string good = fs::read_file(image);
  for (const std::string& bad : {std::string(), good.substr(0, 700), std::string(good.size(), '\0')}) {
    fs::write_file(image, bad);
    mount(*layers, {archive});
    EXPECT_EQ(content("d/f"), std::string(5000, 'x'));
    layers->unmount(merged_);
    EXPECT_EQ(fs::read_file(image), good);
  }
  fs::remove(image);
  mount(*layers, {archive});
  EXPECT_EQ(content("d/f"), std::string(5000, 'x'));
}

TEST_F(LayersTest, ALayerWhoseTarIsDamagedIsMadeAgainFromTheSource) {
  const Archive archive = Archive().file("f", "content");
  const std::string bytes = archive.bytes();
  int asked = 0;
  source_ = [&](const oci::Digest& diff_id) {
    EXPECT_EQ(diff_id, archive.diff_id());
    ++asked;
    return std::make_unique<base::MemorySource>(bytes);
  };
  const auto layers = open("erofs");
  add(*layers, archive);
  fs::remove(erofs_folder(archive) / "image");
  std::string damaged = bytes;
  damaged[600] ^= 1;
  fs::write_file(erofs_folder(archive) / "tar", damaged);
  mount(*layers, {archive});
  EXPECT_EQ(content("f"), "content");
  EXPECT_EQ(asked, 1);
  layers->unmount(merged_);
  fs::remove_tree(erofs_folder(archive));
  mount(*layers, {archive});
  EXPECT_EQ(content("f"), "content");
  EXPECT_EQ(asked, 2);
}

TEST_F(LayersTest, ALayerThatIsNowhereIsNamed) {
  const auto layers = open("erofs");
  const Archive archive = Archive().file("f", "content");
  try {
    mount(*layers, {archive});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotFound);
    EXPECT_NE(e.message().find(archive.diff_id().text()), std::string::npos);
  }
  EXPECT_TRUE(mounted().empty());
}

TEST_F(LayersTest, WhereErofsWorksNoMoreItsTarsBecomeFolders) {
  const Archive archive = Archive().folder("d").file("d/f", "content");
  add(*open("erofs"), archive);
  take_erofs_away();
  const auto layers = open("auto");
  EXPECT_TRUE(layers->find(archive.diff_id()));
  mount(*layers, {archive});
  EXPECT_EQ(content("d/f"), "content");
  EXPECT_EQ(driver_of(*layers, archive), "overlay");
  layers->unmount(merged_);
  EXPECT_GT(layers->remove(archive.diff_id()), 0U);
  EXPECT_FALSE(layers->find(archive.diff_id()));
}

TEST_F(LayersTest, ADamagedTarBecomesNoFolderButIsMadeAgainFromTheSource) {
  const Archive archive = Archive().file("f", "content");
  const std::string bytes = archive.bytes();
  source_ = [&](const oci::Digest&) { return std::make_unique<base::MemorySource>(bytes); };
  add(*open("erofs"), archive);
  std::string damaged = bytes;
  damaged[600] ^= 1;
  fs::write_file(erofs_folder(archive) / "tar", damaged);
  take_erofs_away();
  const auto layers = open("auto");
  mount(*layers, {archive});
  EXPECT_EQ(content("f"), "content");
  EXPECT_EQ(driver_of(*layers, archive), "overlay");
}

// A disk that loses what is written to it from lose() on, as a broken one does: a file system without a journal in a
// file, most of which has no room left to be in.
class LosingDisk {
 public:
  explicit LosingDisk(std::filesystem::path folder) : folder_(std::move(folder)) {
    for (const auto& name : {"memory", "disk"}) fs::make_directories(folder_ / name);
    run({"mount", "-t", "tmpfs", "-o", "size=44m", "tmpfs", memory()});
    run({"dd", "if=/dev/zero", "of=" + memory() + "/file", "bs=1M", "count=40", "status=none"});
    run({"mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-E", "nodiscard", memory() + "/file"});
    run({"mount", "-o", "loop", memory() + "/file", path()});
  }
  ~LosingDisk() {
    for (const auto& name : {"disk", "memory"}) fs::unmount(folder_ / name);
  }
  std::filesystem::path path() const { return folder_ / "disk"; }
  // The first half of the disk is full from now on, and the other one is not there.
  void lose() {
    run({"dd", "if=/dev/zero", "of=" + (path() / "full").string(), "bs=1M", "count=20", "conv=fsync", "status=none"});
    run({"fallocate", "--punch-hole", "--offset", "20M", "--length", "20M", memory() + "/file"});
    base::run({.argv = {"dd", "if=/dev/zero", "of=" + memory() + "/full", "bs=1M", "status=none"}});
  }

 private:
  std::string memory() const { return folder_ / "memory"; }
  static void run(const std::vector<std::string>& argv) {
    const auto result = base::run({.argv = argv});
    if (!result.status.ok()) throw Error(Code::kInternal, argv.front() + ": " + result.err);
  }
  std::filesystem::path folder_;
};

TEST_F(LayersTest, ALayerThatIsLostOnItsWayToTheDiskIsNotTakenForDurable) {
  LosingDisk disk(folder_.path() / "losing");
  root_ = disk.path() / "store";
  for (const char* driver : {"overlay", "erofs"}) fs::make_directories(root_ / driver);
  const auto layers = open("overlay");
  disk.lose();
  const std::string bytes = Archive().file("f", std::string(2'000'000, 'x')).bytes();
  base::MemorySource source(bytes);
  const auto staged = layers->stage(codec::digest_of(bytes), source);
  ASSERT_TRUE(staged);
  EXPECT_THROW(fs::sync_filesystem(disk.path()), Error) << "another is told of it first";
  EXPECT_THROW(layers->sync(), Error);
}

// Whatever follows an archive, it is a layer; a loop device has whole sectors of it.
TEST_F(LayersTest, ATarOfAnyLengthIsMountedEitherWay) {
  const std::string archive = Archive().folder("d").file("d/f", std::string(700, 'x')).bytes();
  for (const std::string& bytes : {archive + "tail", archive + std::string(511, '\0'), archive, std::string()}) {
    const oci::Digest diff_id = codec::digest_of(bytes);
    for (const bool loop : {false, true}) {
      const auto first = open("erofs");
      base::MemorySource source(bytes);
      if (auto staged = first->stage(diff_id, source)) {
        first->sync();
        staged->commit();
      }
      if (loop) note_support("loop because");
      const auto layers = open("erofs");
      layers->mount({.diff_ids = {diff_id}, .upper = {}, .work = {}, .target = merged_});
      EXPECT_EQ(fs::list(merged_).size(), bytes.empty() ? 0U : 1U);
      if (!bytes.empty()) {
        EXPECT_EQ(content("d/f"), std::string(700, 'x'));
      }
      layers->unmount(merged_);
      fs::remove(root_ / "erofs" / "probed");
    }
  }
}

}  // namespace
}  // namespace davit::layer
