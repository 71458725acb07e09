// What a container changed becomes a layer the same way under every driver: the chain with it on top shows what the
// container showed.

#include <random>

#include <gtest/gtest.h>

#include "base/fs/paths.h"
#include "base/process.h"
#include "codec/hash.h"
#include "layer/layer_store.h"
#include "layer/tree_tar.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using test::Archive;
using test::Tree;

class LayerDiffTest : public testing::TestWithParam<const char*> {
 protected:
  LayerDiffTest() {
    for (const auto* name : {"store", "merged", "upper", "work"}) fs::make_directory(folder_.path() / name, 0755);
    driver_ = open_layers({.root = folder_.path() / "store", .run = folder_.path() / "run", .driver = GetParam()});
  }
  ~LayerDiffTest() override { driver_->unmount(merged_); }

  LayerRecord add(const std::string& tar) {
    const oci::Digest diff_id = codec::digest_of(tar);
    base::MemorySource source(tar);
    const auto staged = driver_->stage(diff_id, source);
    if (!staged) return *driver_->find(diff_id);
    driver_->sync();
    return staged->commit();
  }
  // Mounts the chain, bottom first: for a container, or read-only.
  void mount(const std::vector<oci::Digest>& diff_ids, bool writable) {
    MountOptions options{.diff_ids = diff_ids, .upper = {}, .work = {}, .target = merged_};
    if (writable) {
      options.upper = upper_;
      options.work = folder_.path() / "work";
    }
    driver_->mount(options);
  }
  // The differences between the tree of a container over the chain, which `change` has changed, and that of the chain
  // with the container's diff on it.
  template <typename Change>
  std::string differences(const std::vector<std::string>& layers, const Change& change) {
    std::vector<oci::Digest> chain;
    for (const std::string& tar : layers) chain.push_back(add(tar).diff_id);
    mount(chain, true);
    change();
    const Tree expected = test::read_tree(merged_);
    driver_->unmount(merged_);

    base::StringSink sink;
    EXPECT_EQ(write_diff(upper_, sink).left_out, 0U);
    archive_ = sink.take();
    const LayerRecord record = add(archive_);
    EXPECT_FALSE(record.has_implied_folders);
    chain.push_back(record.diff_id);
    mount(chain, false);
    const Tree found = test::read_tree(merged_);
    driver_->unmount(merged_);
    return test::difference(expected, found);
  }
  void shell(const std::string& script) {
    const auto result = base::run({.argv = {"sh", "-ec", "cd \"$0\"\n" + script, merged_.string()}});
    ASSERT_TRUE(result.status.ok()) << result.err;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    base::MemorySource source(archive_);
    codec::TarReader reader(source);
    while (const auto entry = reader.next()) names.push_back(entry->path);
    return names;
  }
  // For the next container.
  void clear_upper() {
    for (const auto* name : {"upper", "work"}) {
      fs::remove_tree(folder_.path() / name);
      fs::make_directory(folder_.path() / name, 0755);
    }
  }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  std::filesystem::path merged_ = folder_.path() / "merged";
  std::filesystem::path upper_ = folder_.path() / "upper";
  std::unique_ptr<LayerStore> driver_;
  std::string archive_;
};

std::string lower_layer() {
  Archive layer;
  for (const auto* folder : {"kept", "changed", "gone", "remade", "renamed", "owned"}) {
    layer.folder(folder).file(std::string(folder) + "/a", "1").file(std::string(folder) + "/b", "1");
    layer.folder(std::string(folder) + "/sub", 0711, 3, 4).file(std::string(folder) + "/sub/x", "1");
  }
  return layer.file("linked", "1")
      .hard_link("linked-too", "linked")
      .symlink("link", "kept/a")
      .symlink("dir-link", "kept")
      .fifo("pipe")
      .device("null", 1, 3)
      .file("to-folder", "1")
      .folder("to-file")
      .file("to-file/x", "1")
      .bytes();
}

TEST_P(LayerDiffTest, TheDiffOfAContainerMakesItsTreeOverTheSameChain) {
  const std::string long_name(255, 'n');
  const std::string upper =
      Archive().folder("kept").file("kept/c", "2").file("second", "2").file(long_name, "2").bytes();
  EXPECT_EQ(differences(
                {lower_layer(), upper},
                [&] {
                  shell(
                      "echo new > new; mkdir -m 1777 made; echo x > made/x; chown 5:6 made/x\n"
                      "echo more >> changed/a; rm changed/b; rm -r changed/sub\n"
                      "rm -r gone; rm second link null; rm " +
                      long_name +
                      "\n"
                      "rm -r remade; mkdir -m 700 remade; echo 2 > remade/b\n"
                      "mkdir remade/sub; echo 2 > remade/sub/y\n"
                      "mv renamed moved; mv moved/a moved/z\n"
                      "chmod 4755 owned/a; chown 1000:1001 owned/b; chmod 700 owned/sub\n"
                      "touch -d '2001-01-01 00:00:00.123456789' owned\n"
                      "ln linked linked-again; ln -s nowhere dangling; ln -sfn remade dir-link\n"
                      "mkfifo -m 640 pipe2; mknod -m 600 block b 8 1; rm pipe; echo x > pipe\n"
                      "rm to-folder; mkdir to-folder; echo x > to-folder/x\n"
                      "rm -r to-file; echo x > to-file\n"
                      "truncate -s 3M holes; printf end | dd of=holes bs=1 seek=2000000 conv=notrunc "
                      "status=none\n"
                      "rm kept/c; echo back > kept/c; mkdir deep deep/er; rm -r deep; chmod 711 .");
                  fs::Directory::open(merged_ / "kept").set_xattr("a", "user.note", "only this");
                  fs::Directory::open(merged_).set_xattr("kept", "user.on", "a folder");
                  fs::Directory::open(merged_ / "kept")
                      .set_xattr(
                          "b", "security.capability",
                          std::string(
                              "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20));
                }),
            "");
}

TEST_P(LayerDiffTest, AContainerThatChangedNothingMakesALayerWithoutEntries) {
  const std::string base = Archive().folder("./", 0711, 1, 2).file("f", "1").bytes();
  EXPECT_EQ(differences({base}, [] {}), "");
  EXPECT_EQ(names(), std::vector<std::string>{"./"});
}

TEST_P(LayerDiffTest, AFolderChangedInItsAttributesOnlyIsListed) {
  EXPECT_EQ(differences({lower_layer()}, [&] { shell("chmod 700 kept"); }), "");
  EXPECT_EQ(names(), (std::vector<std::string>{"./", "kept/"}));
}

TEST_P(LayerDiffTest, ARemovedFolderIsOneWhiteoutAndARemadeOneIsOpaque) {
  EXPECT_EQ(differences({lower_layer()}, [&] { shell("rm -r gone remade; mkdir remade"); }), "");
  EXPECT_EQ(names(), (std::vector<std::string>{"./", ".wh.gone", "remade/", "remade/.wh..wh..opq"}));
}

TEST_P(LayerDiffTest, ADiffMayBeTheBaseOfTheNext) {
  std::vector<std::string> chain = {lower_layer()};
  for (int i = 0; i < 4; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(differences(chain,
                          [&] {
                            shell("rm -rf remade; mkdir remade; echo " + number + " > remade/" + number +
                                  "; rm -f kept/a; mkdir changed/" + number);
                          }),
              "");
    chain.push_back(archive_);
    clear_upper();
  }
}

// What a container may do, by chance: the seed names the round.
TEST_P(LayerDiffTest, RandomChangesMakeTheirTree) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937 random(seed);
    const auto any = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    const auto path = [&] {
      static const std::vector<std::string> kNames = {"kept", "changed", "gone", "a", "b", "sub", "x", "linked"};
      std::string text = kNames[static_cast<std::size_t>(any(8))];
      for (int depth = any(3); depth > 0; --depth) text += "/" + kNames[static_cast<std::size_t>(any(8))];
      return text;
    };
    std::string script;
    for (int i = 0; i < 40; ++i) {
      const std::string one = path(), two = path(), number = std::to_string(i);
      switch (any(9)) {
        case 0:
          script += "rm -rf " + one;
          break;
        case 1:
          script += "mkdir -p " + one;
          break;
        case 2:
          script += "echo " + number + " > " + one;
          break;
        case 3:
          script += "echo " + number + " >> " + one;
          break;
        case 4:
          script += "mv -T " + one + " " + two;
          break;
        case 5:
          script += "ln " + one + " " + two;
          break;
        case 6:
          script += "ln -s " + two + " " + one;
          break;
        case 7:
          script += "chmod 7" + std::to_string(any(8)) + "5 " + one;
          break;
        default:
          script += "chown -h " + number + ":9 " + one;
          break;
      }
      script += " 2>/dev/null || :\n";
    }
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + script);
    EXPECT_EQ(differences({lower_layer()}, [&] { shell(script); }), "");
    clear_upper();
  }
}

INSTANTIATE_TEST_SUITE_P(Drivers, LayerDiffTest, testing::Values("overlay", "erofs"),
                         [](const auto& param) { return std::string(param.param); });

}  // namespace
}  // namespace davit::layer
