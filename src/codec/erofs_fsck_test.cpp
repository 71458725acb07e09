// Debian's fsck.erofs on images of 4096-byte blocks, with the data inside: another reader of the format than davit's
// own.

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/process.h"
#include "codec/erofs.h"
#include "codec/erofs_test_support.h"
#include "codec/test_support.h"

namespace davit::codec {
namespace {

using testing::Listing;
using testing::Sample;

// What fsck.erofs says: empty when all is well. It unpacks into the folder, which it makes.
std::string fsck(const std::string& image, const std::filesystem::path& folder,
                 const std::filesystem::path& extracted) {
  base::fs::write_file(folder / "image", image);
  const base::RunResult result =
      base::run({.argv = {"fsck.erofs", "-d3", "--extract=" + extracted.string(), (folder / "image").string()}});
  // A wrong checksum makes no exit code.
  const std::string said = result.out + result.err;
  const bool clean = result.status.ok() && said.find("Extracted filesystem successfully") != std::string::npos;
  return clean ? "" : "exit code " + std::to_string(result.status.code) + "\n" + said;
}

// The files of the tree that have holes.
std::set<std::string> with_holes(const FileTree& tree, NodeId folder = kRootNode) {
  std::set<std::string> paths;
  const std::string above = tree.path(folder);
  for (const FileTree::Entry& entry : tree.entries(folder)) {
    const FileNode& node = tree[entry.node];
    if (node.is_folder()) paths.merge(with_holes(tree, entry.node));
    if (node.chunks == 0) continue;
    const auto& offsets = tree.chunks(node).offsets;
    if (std::find(offsets.begin(), offsets.end(), FileChunks::kHole) == offsets.end()) continue;
    paths.insert((above.empty() ? "" : above + "/") + std::string(entry.name));
  }
  return paths;
}

// What fsck.erofs 1.5 restores: no link groups, xattrs, devices and fifos; of files no setuid and setgid; it leaves out
// holes. On a disk links have all permissions.
Listing restored(Listing listing, const FileTree& tree) {
  for (const std::string& path : with_holes(tree)) listing.erase(path);
  std::erase_if(listing, [](const auto& item) {
    const unsigned mode = item.second.mode;
    return !S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode);
  });
  for (auto& [path, found] : listing) {
    if (S_ISREG(found.mode)) found.mode &= ~static_cast<unsigned>(S_ISUID | S_ISGID);
    if (S_ISLNK(found.mode)) found.mode = S_IFLNK | 0777;
    found.xattrs.clear();
    found.link_group.clear();
    found.links = 0;
  }
  return listing;
}

void expect_restored(const Sample& sample) {
  const base::fs::TemporaryDirectory folder = testing::temporary_directory();
  const std::filesystem::path extracted = folder.path() / "extracted";
  ASSERT_EQ(fsck(sample.image(12), folder.path(), extracted), "");
  const Listing expected = restored(listing_of(sample), sample.tree);
  EXPECT_EQ(difference(expected, restored(testing::listing_of(extracted), sample.tree)), "");
}

TEST(ErofsFsckTest, FsckFindsTheTree) { expect_restored(testing::sample_of_everything()); }

TEST(ErofsFsckTest, FsckFindsRandomTrees) {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) expect_restored(testing::random_sample(seed, seed * 100));
}

TEST(ErofsFsckTest, FsckFindsAnEmptyTree) { expect_restored(Sample()); }

// The test itself can fail.
TEST(ErofsFsckTest, FsckRefusesADamagedImage) {
  const base::fs::TemporaryDirectory folder = testing::temporary_directory();
  const std::string image = testing::sample_of_everything().image(12);
  std::string wrong_sum = image, wrong_root = image;
  wrong_sum[1024 + 4] = static_cast<char>(~wrong_sum[1024 + 4]);
  EXPECT_NE(fsck(wrong_sum, folder.path(), folder.path() / "first"), "");
  const std::size_t root =
      32 * (static_cast<unsigned char>(image[1024 + 14]) + 256 * static_cast<unsigned char>(image[1024 + 15]));
  wrong_root[root] = '\x0f';  // a layout that there is not
  EXPECT_NE(fsck(wrong_root, folder.path(), folder.path() / "second"), "");
}

}  // namespace
}  // namespace davit::codec
