#include "build/tree_copy.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "build/copy_sources.h"
#include "build/step_cache.h"

namespace davit::build {
namespace {

namespace stdfs = std::filesystem;

// Two folders: what is copied from, and the tree below.
class TreeCopyTest : public testing::Test {
 protected:
  TreeCopyTest() : place_(stdfs::temp_directory_path(), "davit-build-"), digests_(place_.path() / "digests") {
    stdfs::create_directories(from());
    stdfs::create_directories(below());
  }
  stdfs::path from() const { return place_.path() / "from"; }
  stdfs::path below() const { return place_.path() / "below"; }
  static void put(const stdfs::path& path, const std::string& text) {
    stdfs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  // The entries of the archive, by path.
  static std::map<std::string, codec::TarEntry> written(const TreeCopy& copy) {
    base::StringSink archive;
    codec::TarWriter writer(archive);
    copy.write(writer);
    writer.finish();
    base::MemorySource source(archive.text());
    codec::TarReader reader(source);
    std::map<std::string, codec::TarEntry> entries;
    while (auto entry = reader.next()) entries.emplace(entry->path, *entry);
    return entries;
  }

  base::fs::TemporaryDirectory place_;
  FileDigests digests_;
};

TEST(PathOrderTest, AFolderIsJustBeforeWhatIsInIt) {
  const PathOrder less;
  EXPECT_TRUE(less("a", "a/b"));
  EXPECT_TRUE(less("a/b", "a-b"));
  EXPECT_TRUE(less("a/z", "a.b"));
  EXPECT_FALSE(less("b", "a/b"));
}

TEST(StepKeyTest, ListsAreToldApart) {
  EXPECT_EQ(key_of({"a", "b"}), key_of({"a", "b"}));
  EXPECT_NE(key_of({"a", "b"}), key_of({"ab", ""}));
  EXPECT_NE(key_of({"a", "b"}), key_of({"a", "b", ""}));
}

TEST_F(TreeCopyTest, LinksAreResolvedAsIfTheTreeWereTheRoot) {
  stdfs::create_directories(below() / "usr/lib");
  stdfs::create_symlink("usr/lib", below() / "lib");
  stdfs::create_symlink("/lib/x", below() / "usr/lib/abs");
  stdfs::create_symlink("../../../../..", below() / "up");
  stdfs::create_symlink("loop", below() / "loop");
  const auto tree = base::fs::Directory::open(below());
  EXPECT_EQ(resolve_links(tree, "/lib/a"), "usr/lib/a");
  EXPECT_EQ(resolve_links(tree, "lib/abs/b"), "usr/lib/x/b");
  EXPECT_EQ(resolve_links(tree, "up/etc"), "etc");
  EXPECT_EQ(resolve_links(tree, "not/there/../x"), "not/x");
  EXPECT_THROW(resolve_links(tree, "loop/x"), base::Error);
}

TEST_F(TreeCopyTest, FoldersAboveAreAsTheyAreBelow) {
  stdfs::create_directories(below() / "srv");
  ::chmod((below() / "srv").c_str(), 01750);
  put(from() / "a", "a");
  const auto tree = base::fs::Directory::open(from());
  const auto under = base::fs::Directory::open(below());
  TreeCopy copy(&under);
  copy.add(tree, "a", "srv/new/a", {.owner = Owner{.uid = 3, .gid = 4}});
  const auto entries = written(copy);
  EXPECT_EQ(entries.at("srv/").mode, 01750U);
  EXPECT_EQ(entries.at("srv/new/").mode, 0755U);
  EXPECT_EQ(entries.at("srv/new/").uid, 3U);
  EXPECT_EQ(entries.at("srv/new/a").gid, 4U);
}

TEST_F(TreeCopyTest, FilesAndFoldersDoNotReplaceEachOther) {
  put(below() / "file", "x");
  stdfs::create_directories(below() / "folder");
  put(from() / "a", "a");
  put(from() / "d/b", "b");
  const auto tree = base::fs::Directory::open(from());
  const auto under = base::fs::Directory::open(below());
  TreeCopy copy(&under);
  EXPECT_THROW(copy.add(tree, "a", "folder", {}), base::Error);
  EXPECT_THROW(copy.add(tree, "d", "file", {}), base::Error);
  EXPECT_THROW(copy.add(tree, "a", "file/a", {}), base::Error);
}

TEST_F(TreeCopyTest, NamesOfOneFileStayOneFileUnlessAnotherTookTheFirst) {
  put(from() / "d/a", "one");
  stdfs::create_hard_link(from() / "d/a", from() / "d/b");
  const auto tree = base::fs::Directory::open(from());
  TreeCopy copy(nullptr);
  copy.add(tree, "d", "x", {});
  EXPECT_EQ(written(copy).at("x/b").type, codec::EntryType::kHardLink);
  copy.add_bytes("other", 0644, "x/a", {});
  EXPECT_EQ(written(copy).at("x/b").type, codec::EntryType::kFile);
}

TEST_F(TreeCopyTest, ItsDigestIsOfContentsAndNotOfTimes) {
  put(from() / "d/a", "one");
  const auto tree = base::fs::Directory::open(from());
  const auto digest = [&](const std::string& target) {
    TreeCopy copy(nullptr);
    copy.add(tree, "d", target, {});
    return copy.content_digest(digests_);
  };
  const auto before = digest("x");
  EXPECT_NE(digest("y"), before);
  stdfs::last_write_time(from() / "d/a", stdfs::file_time_type::clock::now() - std::chrono::hours(5));
  EXPECT_EQ(digest("x"), before);
  put(from() / "d/a", "two");
  EXPECT_NE(digest("x"), before);
  put(from() / "d/a", "one");
  EXPECT_EQ(digest("x"), before);
  ::chmod((from() / "d/a").c_str(), 0700);
  EXPECT_NE(digest("x"), before);
}

TEST_F(TreeCopyTest, AFileThatChangedSinceIsRefused) {
  put(from() / "a", "one");
  const auto tree = base::fs::Directory::open(from());
  TreeCopy copy(nullptr);
  copy.add(tree, "a", "a", {});
  put(from() / "a", "longer");
  EXPECT_THROW(written(copy), base::Error);
}

TEST_F(TreeCopyTest, SourcesAreNamesAndPatterns) {
  for (const char* name : {"a.txt", "b.txt", "sub/c.txt", "other/c.txt"}) put(from() / name, name);
  const auto tree = base::fs::Directory::open(from());
  const auto found = [&](const std::string& pattern) { return find_sources(tree, pattern, {}); };
  using Paths = std::vector<std::string>;
  EXPECT_EQ(found("*.txt"), (Paths{"a.txt", "b.txt"}));
  EXPECT_EQ(found("*/c.txt"), (Paths{"other/c.txt", "sub/c.txt"}));
  EXPECT_EQ(found("/sub/../a.txt"), (Paths{"a.txt"}));
  EXPECT_EQ(found("."), (Paths{""}));
  EXPECT_EQ(found("none*"), Paths());
  EXPECT_THROW(found("none"), base::Error);
}

TEST_F(TreeCopyTest, DigestsAreRememberedForFilesThatAreNotYoung) {
  put(from() / "a", "one");
  const struct timespec old[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
  ::utimensat(AT_FDCWD, (from() / "a").c_str(), old, 0);
  const auto file = base::fs::File::open(from() / "a");
  // Its ctime is of just now: it may change once more within the clock's grain.
  FileDigests digests(place_.path() / "remembered");
  const auto first = digests.digest(file, file.status());
  digests.save();
  EXPECT_FALSE(stdfs::exists(place_.path() / "remembered"));
  EXPECT_EQ(FileDigests(place_.path() / "remembered").digest(file, file.status()), first);
}

}  // namespace
}  // namespace davit::build
