#include "operations/extract_archive.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/io.h"

namespace davit::operations {
namespace {

namespace fs = base::fs;
using codec::EntryType;
using codec::TarEntry;

class ExtractArchiveTest : public ::testing::Test {
 protected:
  fs::TemporaryDirectory folder_{::testing::TempDir()};
  std::filesystem::path root_ = folder_.path() / "root";

  ExtractArchiveTest() { fs::make_directories(root_ / "in", 0755); }

  void add(TarEntry entry, const std::string& content = "") {
    entry.size = content.size();
    if (entry.mode == 0) entry.mode = entry.type == EntryType::kDirectory ? 0755 : 0644;
    base::MemorySource data(content);
    writer_.add(entry, &data);
  }
  std::string extract(const ExtractOptions& options = {.folder = "/in"}) {
    writer_.finish();
    base::MemorySource source(archive_.text());
    codec::TarReader reader(source);
    try {
      extract_archive(reader, fs::Directory::open(root_), options);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "";
  }

  base::StringSink archive_;
  codec::TarWriter writer_{archive_};
};

TEST_F(ExtractArchiveTest, MakesWhatTheArchiveHas) {
  add({.type = EntryType::kDirectory, .path = "d", .mode = 01750, .mtime = {1'700'000'000, 5}});
  add({.path = "d/f", .mode = 04711, .mtime = {1'600'000'000, 7}}, "content");
  add({.type = EntryType::kSymlink, .path = "d/l", .link_target = "/etc"});
  add({.type = EntryType::kHardLink, .path = "h", .link_target = "d/f"});
  add({.type = EntryType::kFifo, .path = "p", .mode = 0600});
  EXPECT_EQ(extract(), "");
  EXPECT_EQ(fs::read_file(root_ / "in/d/f"), "content");
  struct stat status = {};
  ASSERT_EQ(::stat((root_ / "in/d/f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 04711U);
  EXPECT_EQ(status.st_mtim.tv_nsec, 7);
  EXPECT_EQ(status.st_nlink, 2U);
  ASSERT_EQ(::stat((root_ / "in/d").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 01750U);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'700'000'000);
  EXPECT_EQ(fs::read_link(root_ / "in/d/l"), "/etc");
}

TEST_F(ExtractArchiveTest, TheFirstNamesBecomeAnother) {
  add({.type = EntryType::kDirectory, .path = "src"});
  add({.path = "src/f"}, "x");
  add({.type = EntryType::kHardLink, .path = "src/h", .link_target = "src/f"});
  EXPECT_EQ(extract({.folder = "/in", .name = "dst"}), "");
  EXPECT_EQ(fs::read_file(root_ / "in/dst/h"), "x");
}

TEST_F(ExtractArchiveTest, AFileReplacesALinkAndIsNotWrittenThroughIt) {
  fs::write_file(root_ / "victim", "safe");
  fs::symbolic_link("/victim", root_ / "in/f");
  add({.path = "f"}, "new");
  EXPECT_EQ(extract(), "");
  EXPECT_EQ(fs::read_file(root_ / "victim"), "safe");
  EXPECT_EQ(fs::read_link(root_ / "in/f"), std::nullopt);
}

TEST_F(ExtractArchiveTest, LinksAreFollowedInsideTheRootAlone) {
  const auto outside = folder_.path() / "outside";
  fs::make_directory(outside);
  fs::make_directories(root_ / "target", 0755);
  fs::symbolic_link(outside.string(), root_ / "in/away");
  fs::symbolic_link("/target", root_ / "in/inside");
  fs::symbolic_link("../../../../../../target", root_ / "in/up");
  add({.path = "inside/a"}, "1");
  add({.path = "up/b"}, "2");
  add({.path = "away/c"}, "3");
  EXPECT_NE(extract(), "");
  EXPECT_EQ(fs::read_file(root_ / "target/a"), "1");
  EXPECT_EQ(fs::read_file(root_ / "target/b"), "2");
  EXPECT_TRUE(fs::list(outside).empty());
}

TEST_F(ExtractArchiveTest, NamesThatLeadOutAreRefused) {
  add({.path = "../evil"}, "x");
  EXPECT_EQ(extract(), "\"../evil\" is outside of \"/in\"");
  EXPECT_FALSE(fs::exists(root_ / "evil"));
}

TEST_F(ExtractArchiveTest, AHardLinkThatLeadsOutIsRefused) {
  fs::write_file(root_ / "victim", "safe");
  add({.type = EntryType::kHardLink, .path = "h", .link_target = "../victim"});
  EXPECT_EQ(extract(), "\"../victim\" is outside of \"/in\"");
}

TEST_F(ExtractArchiveTest, AFolderAndAFileDoNotReplaceOneAnother) {
  fs::make_directory(root_ / "in/d");
  fs::write_file(root_ / "in/f", "x");
  add({.path = "d"}, "x");
  EXPECT_EQ(extract(), "cannot overwrite directory \"/in/d\" with non-directory \"/in\"");
  archive_ = base::StringSink();
  codec::TarWriter again(archive_);
  again.add({.type = EntryType::kDirectory, .path = "f", .mode = 0755});
  again.finish();
  base::MemorySource source(archive_.text());
  codec::TarReader reader(source);
  EXPECT_THROW(extract_archive(reader, fs::Directory::open(root_), {.folder = "/in"}), base::Error);
}

TEST_F(ExtractArchiveTest, SparseFilesKeepTheirHoles) {
  TarEntry entry = {.path = "s", .mode = 0644, .size = 1'000'000, .sparse = {{{.offset = 900'000, .size = 4}}}};
  base::MemorySource data("data");
  writer_.add(entry, &data);
  EXPECT_EQ(extract(), "");
  const auto content = fs::read_file(root_ / "in/s");
  EXPECT_EQ(content.size(), 1'000'000U);
  EXPECT_EQ(content.substr(900'000, 4), "data");
}

}  // namespace
}  // namespace davit::operations
