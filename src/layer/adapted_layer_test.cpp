// Layers that lie on another file system than what adapts them, as an EROFS mount does. (On the same one: the contract
// suite of the drivers.)

#include "layer/adapted_layer.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include "base/fs/paths.h"
#include "layer/overlay_form.h"
#include "layer/unpack.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using test::Archive;

class AdaptedLayerTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto device = [](const fs::TemporaryDirectory& folder) {
      return fs::File::open(folder.path()).status().st_dev;
    };
    if (device(far_) == device(near_)) GTEST_SKIP() << "/dev/shm is no file system of its own here";
  }
  static Unpacked unpack_to(const fs::TemporaryDirectory& folder, const std::string& name, const Archive& archive) {
    const std::string bytes = archive.bytes();
    base::MemorySource source(bytes);
    codec::TarReader reader(source);
    return unpack(reader, fs::Directory::open(folder.path()), name);
  }
  // Fits the layer to the one below it; returns what behind the link `lib -> usr/lib` came of it.
  test::Tree adapt(const Archive& below, const Archive& layer) {
    unpack_to(near_, "below", below);
    const Unpacked unpacked = unpack_to(far_, "layer", layer);
    const MergedTree tree({near_.path() / "below"});
    EXPECT_TRUE(make_adapted_layer(tree, far_.path() / "layer", unpacked.implied, fs::Directory::open(near_.path()),
                                   "adapted"));
    return test::read_tree(near_.path() / "adapted" / "usr" / "lib");
  }

  fs::TemporaryDirectory near_{testing::TempDir()};
  fs::TemporaryDirectory far_{"/dev/shm"};
  const Archive below_ =
      Archive().folder("usr").folder("usr/lib", 0711, 1, 1).file("usr/lib/old", "").symlink("lib", "usr/lib");
};

TEST_F(AdaptedLayerTest, WhatLiesBehindALinkIsCopiedFaithfully) {
  codec::TarEntry file;
  file.path = "lib/set-id";
  file.mode = 06755;
  file.uid = 7;
  file.gid = 8;
  file.mtime = test::kTestTime;
  file.size = 4;
  file.xattrs = {{"trusted.note", "kept"},
                 {"security.capability",
                  std::string("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20)}};
  const Archive layer = Archive()
                            .add(file, "data")
                            .file("lib/large", std::string(1'000'000, 'x'), 0600, 3, 4)
                            .symlink("lib/link", "nowhere")
                            .fifo("lib/fifo")
                            .device("lib/null", 1, 3)
                            .whiteout("lib/old")
                            .folder("lib/made", 0701, 5, 6)
                            .file("lib/made/x", "deep");
  const test::Tree found = adapt(below_, layer);
  test::Tree expected = test::read_tree(far_.path() / "layer" / "lib");
  expected.at("") = found.at("");
  EXPECT_EQ(test::difference(expected, found), "");
  EXPECT_EQ(found.at("set-id").mode, S_IFREG | 06755U);
  EXPECT_EQ(found.at("set-id").xattrs.size(), 2U);
  EXPECT_EQ(found.at("").mode, S_IFDIR | 0711U);
}

TEST_F(AdaptedLayerTest, LinkGroupsStayTogether) {
  const test::Tree found = adapt(below_, Archive()
                                             .file("lib/a", "1")
                                             .hard_link("lib/b", "lib/a")
                                             .file("lib/other", "2")
                                             .hard_link("lib/sub/c", "lib/a")
                                             .symlink("lib/l", "a")
                                             .hard_link("lib/m", "lib/l"));
  EXPECT_EQ(found.at("b").link_group, "a");
  EXPECT_EQ(found.at("sub/c").link_group, "a");
  EXPECT_EQ(found.at("sub/c").content, "1");
  EXPECT_EQ(found.at("other").link_group, "other");
  EXPECT_EQ(found.at("m").link_group, "l");
}

TEST_F(AdaptedLayerTest, HolesStayHoles) {
  codec::TarEntry sparse;
  sparse.path = "lib/s";
  sparse.size = 64 * 1024 * 1024;
  sparse.sparse = {{.offset = 1024 * 1024, .size = 4}, {.offset = 32 * 1024 * 1024, .size = 3}};
  const test::Tree found = adapt(below_, Archive().add(sparse, "datarow"));
  const auto file = fs::File::open(near_.path() / "adapted" / "usr" / "lib" / "s");
  EXPECT_LT(file.status().st_blocks * 512, 1024 * 1024);
  EXPECT_EQ(found.at("s").content.size(), sparse.size);
  EXPECT_EQ(found.at("s").content.substr(1024 * 1024, 4), "data");
  EXPECT_EQ(found.at("s").content.substr(32 * 1024 * 1024, 4), std::string("row\0", 4));
}

}  // namespace
}  // namespace davit::layer
