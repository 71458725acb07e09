#include "layer/merged_tree.h"

#include <gtest/gtest.h>

#include "base/fs/paths.h"
#include "layer/unpack.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using test::Archive;

class MergedTreeTest : public testing::Test {
 protected:
  // Of layers, bottom first.
  MergedTree tree(const std::vector<Archive>& layers) {
    std::vector<std::filesystem::path> folders;
    for (const Archive& layer : layers) {
      const std::string bytes = layer.bytes();
      base::MemorySource source(bytes);
      codec::TarReader reader(source);
      const std::string name = std::to_string(folders.size());
      unpack(reader, fs::Directory::open(folder_.path()), name);
      folders.insert(folders.begin(), folder_.path() / name);
    }
    return MergedTree(folders);
  }
  static std::string text(const MergedTree& merged, const std::string& path) {
    auto file = merged.open_file(path);
    if (!file) return "none";
    fs::FileSource source(std::move(*file));
    return base::read_all(source, 1000);
  }
  fs::TemporaryDirectory folder_{testing::TempDir()};
};

TEST_F(MergedTreeTest, ShowsTheTopmost) {
  const auto merged =
      tree({Archive().folder("d", 0700).file("d/a", "1").file("d/b", "1"), Archive().folder("d").file("d/b", "2")});
  EXPECT_EQ(text(merged, "d/a"), "1");
  EXPECT_EQ(text(merged, "/d/./b"), "2");
  EXPECT_EQ(merged.find("d")->status.st_mode & 07777, 0755U);
  EXPECT_EQ(merged.list("d"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(merged.list(""), (std::vector<std::string>{"d"}));
  EXPECT_FALSE(merged.find("d/c"));
  EXPECT_FALSE(merged.find("d/a/x"));
}

TEST_F(MergedTreeTest, WhiteoutsAndOpaqueFoldersHide) {
  const auto merged =
      tree({Archive().file("d/a", "1").file("d/b", "1").file("o/x", "1").file("f/x", "1").file("w/x", ""),
            Archive().whiteout("d/a").opaque("o").file("o/y", "2").file("f", "file").whiteout("w")});
  EXPECT_EQ(merged.list("d"), (std::vector<std::string>{"b"}));
  EXPECT_FALSE(merged.find("d/a"));
  EXPECT_EQ(merged.list("o"), (std::vector<std::string>{"y"}));
  EXPECT_FALSE(merged.find("o/x"));
  EXPECT_FALSE(merged.find("f/x"));
  EXPECT_FALSE(merged.find("w"));
}

TEST_F(MergedTreeTest, AnOpaqueRootHidesAll) {
  const auto merged = tree({Archive().file("a", ""), Archive().opaque("").file("b", ""), Archive().file("c", "")});
  EXPECT_EQ(merged.list(""), (std::vector<std::string>{"b", "c"}));
}

TEST_F(MergedTreeTest, AFolderOverAFileStartsAnew) {
  const auto merged = tree({Archive().file("d/a", ""), Archive().file("d", "file"), Archive().file("d/b", "")});
  EXPECT_EQ(merged.list("d"), (std::vector<std::string>{"b"}));
}

TEST_F(MergedTreeTest, LinksResolveInside) {
  const auto merged =
      tree({Archive().file("usr/lib/x", "1").symlink("lib", "usr/lib").symlink("up", "../../../usr"),
            Archive().symlink("abs", "/lib/../lib").symlink("self", "self").symlink("gone", "no/where")});
  EXPECT_EQ(text(merged, "lib/x"), "1");
  EXPECT_EQ(text(merged, "up/lib/x"), "1");
  EXPECT_EQ(text(merged, "abs/x"), "1");
  EXPECT_TRUE(merged.find("lib", Links::kFollowParents)->is_symlink());
  EXPECT_FALSE(merged.find("lib/x", Links::kNone));
  EXPECT_EQ(merged.find("lib/x", Links::kFollowParents)->path, "usr/lib/x");
  EXPECT_FALSE(merged.find("self"));
  EXPECT_FALSE(merged.resolve("self/x"));
  EXPECT_EQ(merged.resolve("lib/new/file"), "usr/lib/new/file");
  EXPECT_EQ(merged.resolve("gone/x"), "no/where/x");
  EXPECT_EQ(merged.resolve("../lib"), "usr/lib");
  EXPECT_EQ(merged.list("lib"), (std::vector<std::string>{"x"}));
}

}  // namespace
}  // namespace davit::layer
