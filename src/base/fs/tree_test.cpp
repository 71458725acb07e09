#include "base/fs/tree.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"

namespace davit::base::fs {
namespace {

class TreeTest : public testing::Test {
 protected:
  TreeTest() {
    make_directories(folder_.path() / "root" / "usr" / "lib", 0755);
    write_file(folder_.path() / "secret", "outside");
  }
  TemporaryDirectory folder_{testing::TempDir()};
};

TEST_F(TreeTest, LinksResolveInsideTheRoot) {
  symbolic_link("usr/lib", folder_.path() / "root" / "lib");
  symbolic_link("/usr", folder_.path() / "root" / "absolute");
  write_file(folder_.path() / "root" / "usr" / "lib" / "x", "inside");
  const Directory root = Directory::open(folder_.path() / "root");
  EXPECT_TRUE(root.open_inside("lib"));
  EXPECT_TRUE(root.open_inside("absolute/lib"));
  auto file = root.open_file_inside("lib/x");
  ASSERT_TRUE(file);
  std::byte buffer[10];
  EXPECT_EQ(as_text(ByteView(buffer).first(file->read(buffer))), "inside");
}

TEST_F(TreeTest, OneXattrIsReadOrAbsent) {
  const Directory root = Directory::open(folder_.path() / "root");
  EXPECT_FALSE(root.xattr("usr", "user.colour"));
  root.set_xattr("usr", "user.colour", std::string("b\0e", 3));
  EXPECT_EQ(root.xattr("usr", "user.colour"), std::string("b\0e", 3));
  EXPECT_FALSE(root.xattr("missing", "user.colour"));
}

TEST_F(TreeTest, NothingLeadsOut) {
  symbolic_link("../../secret", folder_.path() / "root" / "up");
  const Directory root = Directory::open(folder_.path() / "root");
  EXPECT_FALSE(root.open_file_inside("up"));
  EXPECT_FALSE(root.open_file_inside("../secret"));
  EXPECT_THROW((void)root.status(".."), Error);
  EXPECT_THROW((void)root.status("a/b"), Error);
}

TEST_F(TreeTest, AFileIsMadeExclusivelyWithItsAttributes) {
  const Directory root = Directory::open(folder_.path() / "root");
  File file = root.create_file("f", 0600);
  file.write(as_byte_view("x"));
  set_mtime(file, {.tv_sec = 5, .tv_nsec = 7});
  EXPECT_THROW(root.create_file("f", 0600), Error);
  const auto status = root.status("f");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->st_mtim.tv_sec, 5);
  EXPECT_EQ(status->st_mtim.tv_nsec, 7);
  root.set_xattr("f", "user.key", "value");
  EXPECT_EQ(root.xattrs("f"), (Xattrs{{"user.key", "value"}}));
}

TEST_F(TreeTest, RemoveTakesFoldersWithTheirContents) {
  const Directory root = Directory::open(folder_.path() / "root");
  root.remove("usr");
  root.remove("usr");
  EXPECT_TRUE(root.list().empty());
}

TEST_F(TreeTest, AFileIsOpenedByItsNameAndNotThroughALink) {
  write_file(folder_.path() / "root" / "f", "content");
  symbolic_link("f", folder_.path() / "root" / "link");
  make_fifo(folder_.path() / "root" / "fifo", 0600);
  const Directory root = Directory::open(folder_.path() / "root");
  ASSERT_TRUE(root.child_file("f"));
  EXPECT_EQ(root.child_file("f")->size(), 7U);
  for (const auto* name : {"link", "fifo", "usr", "missing"}) EXPECT_FALSE(root.child_file(name)) << name;
  EXPECT_THROW((void)root.child_file(".."), Error);
}

TEST_F(TreeTest, AFolderTellsOfItself) {
  const Directory parent = Directory::open(folder_.path());
  parent.set_mode("root", 0711);
  parent.set_xattr("root", "user.note", "x");
  const Directory root = Directory::open(folder_.path() / "root");
  EXPECT_EQ(root.own_status().st_mode, S_IFDIR | 0711U);
  EXPECT_EQ(root.own_xattrs(), parent.xattrs("root"));
  EXPECT_EQ(root.own_xattrs().size(), 1U);
}

}  // namespace
}  // namespace davit::base::fs
