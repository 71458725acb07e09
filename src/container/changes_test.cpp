#include "container/changes.h"

#include <gtest/gtest.h>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "container/own_places.h"

namespace davit::container {
namespace {

namespace fs = base::fs;

class ChangesTest : public ::testing::Test {
 protected:
  fs::TemporaryDirectory folder_{::testing::TempDir()};
  std::filesystem::path upper_ = folder_.path() / "upper", image_ = folder_.path() / "image";

  ChangesTest() {
    fs::make_directory(upper_);
    fs::make_directory(image_);
  }
  std::string changes() const {
    std::string lines;
    for (const auto& change : changes_between(fs::Directory::open(upper_), fs::Directory::open(image_)))
      lines += std::string(1, "CAD"[static_cast<int>(change.kind)]) + " " + change.path + "\n";
    return lines;
  }
};

TEST_F(ChangesTest, AFolderIsNamedBeforeWhatChangedInIt) {
  fs::make_directories(image_ / "etc/deep", 0755);
  fs::make_directories(upper_ / "etc/deep", 0755);
  fs::write_file(upper_ / "etc/deep/new", "");
  fs::write_file(upper_ / "a", "");
  EXPECT_EQ(changes(), "A /a\nC /etc\nC /etc/deep\nA /etc/deep/new\n");
}

TEST_F(ChangesTest, WhatIsTheSameIsNoChange) {
  fs::make_directory(image_ / "d", 0755);
  fs::write_file(image_ / "d/f", "x");
  fs::make_directory(upper_ / "d", 0755);
  fs::hard_link(image_ / "d/f", upper_ / "d/f");
  EXPECT_EQ(changes(), "");
  fs::File::open(upper_ / "d/f", {.access = fs::Access::kWrite}).set_mode(0640);  // of both names
  EXPECT_EQ(changes(), "");
  std::filesystem::permissions(upper_ / "d", std::filesystem::perms(0700));
  EXPECT_EQ(changes(), "C /d\n");
}

TEST_F(ChangesTest, AnotherKindIsAModification) {
  fs::write_file(image_ / "f", "x");
  fs::make_directory(upper_ / "f", 0755);
  fs::write_file(upper_ / "f/in", "x");
  EXPECT_EQ(changes(), "C /f\nA /f/in\n");
}

TEST_F(ChangesTest, DavitsOwnNamesAreNone) {
  const auto upper = fs::Directory::open(upper_);
  make_own_places(upper);
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(written_size(upper_), 0U);
  EXPECT_TRUE(own_places_in(upper).contains("etc/hosts"));
  EXPECT_TRUE(own_places_in(upper).contains("etc"));

  fs::write_file(upper_ / "etc/hosts", "127.0.0.1 mine\n");
  EXPECT_EQ(changes(), "A /etc\nA /etc/hosts\n");
  EXPECT_EQ(written_size(upper_), 15U);
}

TEST(OwnPlaces, AreMadeWhereTheyAreMissing) {
  const fs::TemporaryDirectory folder(::testing::TempDir());
  fs::make_directory(folder.path() / "usr");
  fs::make_directory(folder.path() / "usr/etc");
  fs::symbolic_link("usr/etc", folder.path() / "etc");
  fs::write_file(folder.path() / "usr/etc/hosts", "mine\n");
  make_own_places(fs::Directory::open(folder.path()));
  EXPECT_EQ(fs::read_file(folder.path() / "usr/etc/hosts"), "mine\n");
  EXPECT_TRUE(fs::exists(folder.path() / "usr/etc/resolv.conf"));
  EXPECT_EQ(fs::read_link(folder.path() / "usr/etc/mtab"), "/proc/mounts");
}

TEST(MakePlace, MakesTheFoldersAboveInsideTheRoot) {
  const fs::TemporaryDirectory folder(::testing::TempDir());
  fs::symbolic_link("/inside", folder.path() / "link");
  fs::make_directory(folder.path() / "inside");
  const auto root = fs::Directory::open(folder.path());
  make_place(root, "link/a/file", false);
  make_place(root, "link/a/file", false);
  make_place(root, "link/a/folder", true);
  EXPECT_EQ(fs::read_file(folder.path() / "inside/a/file"), "");
  EXPECT_TRUE(fs::is_directory(folder.path() / "inside/a/folder"));
}

}  // namespace
}  // namespace davit::container
