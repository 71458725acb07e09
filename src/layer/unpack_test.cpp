#include "layer/unpack.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/fs/usage.h"
#include "layer/overlay_form.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using base::Error;
using codec::EntryType;
using codec::TarEntry;
using test::Archive;

class UnpackTest : public testing::Test {
 protected:
  Unpacked unpack_archive(const Archive& archive) {
    const std::string bytes = archive.bytes();
    base::MemorySource source(bytes);
    codec::TarReader reader(source);
    const auto parent = fs::Directory::open(folder_.path());
    fs::remove_tree(root_);
    return unpack(reader, parent, "root");
  }
  // The message of the error that unpacking ends in.
  std::string refusal(const Archive& archive) {
    try {
      unpack_archive(archive);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), base::Code::kInvalidArgument) << e.message();
      return e.message();
    }
    return "none";
  }
  std::string content(const std::string& path) { return fs::read_file(root_ / path); }
  struct stat status(const std::string& path) {
    const struct stat nothing = {};
    const auto parent = fs::Directory::open((root_ / path).parent_path());
    return parent.status((root_ / path).filename()).value_or(nothing);
  }
  std::optional<std::string> xattr(const std::string& path, const std::string& key) {
    return fs::Directory::open((root_ / path).parent_path()).xattr((root_ / path).filename(), key);
  }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  std::filesystem::path root_ = folder_.path() / "root";
};

TEST_F(UnpackTest, KeepsTypesModesOwnersAndTimes) {
  unpack_archive(Archive()
                     .folder("d", 01777, 3, 4)
                     .file("d/f", "content", 0664, 1000, 1001)
                     .file("d/su", "x", 06755, 5, 6)
                     .symlink("d/l", "/anywhere/at/all")
                     .device("d/null", 1, 3)
                     .fifo("d/p")
                     .hard_link("h", "d/f"));
  EXPECT_EQ(status("d").st_mode, S_IFDIR | 01777U);
  EXPECT_EQ(status("d").st_uid, 3U);
  EXPECT_EQ(status("d/f").st_mode, S_IFREG | 0664U);
  EXPECT_EQ(status("d/f").st_gid, 1001U);
  EXPECT_EQ(status("d/su").st_mode, S_IFREG | 06755U);
  EXPECT_EQ(status("d/l").st_mode & S_IFMT, static_cast<mode_t>(S_IFLNK));
  EXPECT_EQ(status("d/null").st_rdev, makedev(1, 3));
  EXPECT_EQ(status("d/p").st_mode, S_IFIFO | 0600U);
  EXPECT_EQ(status("h").st_ino, status("d/f").st_ino);
  for (const auto* path : {"d", "d/f", "d/l", "d/null", "d/p"}) {
    EXPECT_EQ(status(path).st_mtim.tv_sec, test::kTestTime.tv_sec) << path;
    EXPECT_EQ(status(path).st_mtim.tv_nsec, test::kTestTime.tv_nsec) << path;
  }
}

TEST_F(UnpackTest, AFileInASetgidFolderKeepsItsOwnGroupAndMode) {
  unpack_archive(
      Archive().folder("g", 02775, 0, 50).file("g/root", "x").folder("g/d").file("g/d/f", "y").file("g/i/f", ""));
  EXPECT_EQ(status("g").st_mode, S_IFDIR | 02775U);
  for (const auto* path : {"g/root", "g/d", "g/d/f", "g/i", "g/i/f"}) EXPECT_EQ(status(path).st_gid, 0U) << path;
  EXPECT_EQ(status("g/d").st_mode, S_IFDIR | 0755U);
  EXPECT_EQ(status("g/i").st_mode, S_IFDIR | 0755U);
}

TEST_F(UnpackTest, WhiteoutsTakeOverlayfsForm) {
  unpack_archive(Archive().folder("d").whiteout("d/gone").opaque("e"));
  EXPECT_TRUE(is_whiteout(status("d/gone")));
  EXPECT_EQ(xattr("e", "trusted.overlay.opaque"), "y");
  EXPECT_FALSE(fs::exists(root_ / "d/.wh.gone"));
  EXPECT_FALSE(fs::exists(root_ / "e/.wh..wh..opq"));
}

TEST_F(UnpackTest, AWhiteoutNeverHidesItsOwnLayer) {
  unpack_archive(Archive().file("f", "mine").whiteout("f").whiteout("g").file("g", "mine too"));
  EXPECT_EQ(content("f"), "mine");
  EXPECT_EQ(content("g"), "mine too");
  const auto result = unpack_archive(Archive().folder("a").file("a/x", "").whiteout("a").whiteout("b").file("b/x", ""));
  EXPECT_EQ(xattr("a", "trusted.overlay.opaque"), "y");
  EXPECT_EQ(xattr("b", "trusted.overlay.opaque"), "y");
  EXPECT_TRUE(fs::exists(root_ / "a/x"));
  EXPECT_TRUE(result.implied.empty());
}

TEST_F(UnpackTest, AufsMetadataIsIgnored) {
  const auto result =
      unpack_archive(Archive().file(".wh..wh.aufs", "").folder(".wh..wh.plnk").file(".wh..wh.plnk/1.2", "x"));
  EXPECT_EQ(result.entries, 0U);
  EXPECT_TRUE(fs::list(root_).empty());
}

TEST_F(UnpackTest, ImpliedFoldersAreTold) {
  const auto result =
      unpack_archive(Archive().file("a/b/x", "").folder("a/c").file("listed/x", "").folder("listed", 0700));
  EXPECT_EQ(result.implied, (std::vector<std::string>{"a", "a/b"}));
  EXPECT_EQ(status("a").st_mode, S_IFDIR | 0755U);
  EXPECT_EQ(status("a").st_mtim.tv_sec, 0);
  EXPECT_EQ(status("listed").st_mode, S_IFDIR | 0700U);
  EXPECT_FALSE(result.root_listed);
}

TEST_F(UnpackTest, TheRootEntrySetsTheRootsAttributes) {
  const auto result = unpack_archive(Archive().folder("./", 0700, 7, 8).file("./x", ""));
  EXPECT_TRUE(result.root_listed);
  const auto root = fs::Directory::open(folder_.path()).status("root");
  EXPECT_EQ(root->st_mode, S_IFDIR | 0700U);
  EXPECT_EQ(root->st_uid, 7U);
  EXPECT_EQ(root->st_mtim.tv_nsec, test::kTestTime.tv_nsec);
  EXPECT_EQ(status("x").st_gid, 0U);
}

TEST_F(UnpackTest, EntriesUnderALinkLandBehindIt) {
  const auto result = unpack_archive(Archive()
                                         .folder("usr")
                                         .folder("usr/lib")
                                         .symlink("lib", "usr/lib")
                                         .file("lib/x", "1")
                                         .symlink("deep", "/lib/../lib")
                                         .file("deep/y", "2")
                                         .hard_link("deep/z", "lib/x"));
  EXPECT_EQ(content("usr/lib/x"), "1");
  EXPECT_EQ(content("usr/lib/y"), "2");
  EXPECT_EQ(status("usr/lib/z").st_ino, status("usr/lib/x").st_ino);
  EXPECT_TRUE(fs::read_link(root_ / "lib"));
  EXPECT_TRUE(result.implied.empty());
}

TEST_F(UnpackTest, ALinkThatLeadsOutLeadsToTheRoot) {
  fs::make_directory(folder_.path() / "outside");
  const std::string out = (folder_.path() / "outside").string();
  unpack_archive(Archive().symlink("a", "../../outside").file("a/x", "1").symlink("b", out).file("b/x", "2"));
  EXPECT_TRUE(fs::list(folder_.path() / "outside").empty());
  EXPECT_EQ(content("outside/x"), "1");
  EXPECT_EQ(content(out.substr(1) + "/x"), "2");
}

TEST_F(UnpackTest, ALaterEntryReplacesAnEarlier) {
  unpack_archive(Archive()
                     .file("target", "untouched")
                     .symlink("l", "target")
                     .file("l", "new")
                     .hard_link("h", "target")
                     .file("h", "new too")
                     .folder("d")
                     .file("d/x", "")
                     .file("d", "now a file")
                     .file("e", "")
                     .folder("e")
                     .file("e/y", "in"));
  EXPECT_EQ(content("target"), "untouched");
  EXPECT_EQ(content("l"), "new");
  EXPECT_EQ(content("h"), "new too");
  EXPECT_EQ(content("d"), "now a file");
  EXPECT_EQ(content("e/y"), "in");
}

TEST_F(UnpackTest, AFolderOverAFolderChangesItsAttributesOnly) {
  const auto result =
      unpack_archive(Archive().folder("d", 0755).file("d/x", "kept").folder("d", 0750, 9, 9).file("d/y", ""));
  EXPECT_EQ(content("d/x"), "kept");
  EXPECT_EQ(status("d").st_mode, S_IFDIR | 0750U);
  EXPECT_EQ(status("d").st_uid, 9U);
  EXPECT_EQ(status("d/y").st_gid, 0U);
  EXPECT_EQ(result.entries, 3U);
}

TEST_F(UnpackTest, AFolderReplacedByALinkBetweenEntriesStaysInside) {
  unpack_archive(Archive().folder("d").file("d/1", "").symlink("d", "/etc").file("d/passwd", "mine"));
  EXPECT_EQ(content("etc/passwd"), "mine");
  EXPECT_FALSE(fs::exists(root_ / "etc/1"));
}

TEST_F(UnpackTest, SparseFilesKeepTheirHoles) {
  TarEntry sparse;
  sparse.path = "s";
  sparse.size = 64 * 1024 * 1024;
  sparse.sparse = {{.offset = 1024 * 1024, .size = 4}, {.offset = 32 * 1024 * 1024, .size = 3}};
  const auto result = unpack_archive(Archive().add(sparse, "datarow"));
  EXPECT_EQ(status("s").st_size, 64 * 1024 * 1024);
  EXPECT_LT(status("s").st_blocks * 512, 1024 * 1024);
  auto file = fs::File::open(root_ / "s");
  std::array<std::byte, 4> buffer;
  file.read_at(buffer, 1024 * 1024);
  EXPECT_EQ(base::as_text(buffer), "data");
  EXPECT_EQ(result.size, 64U * 1024 * 1024);
}

TEST_F(UnpackTest, XattrsAreKeptAndOverlaysOwnDropped) {
  TarEntry file;
  file.path = "f";
  file.mode = 0755;
  file.uid = 12;
  const std::string capability("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
  file.xattrs = {{"security.capability", capability},
                 {"user.colour", "blue"},
                 {"trusted.overlay.opaque", "y"},
                 {"user.overlay.opaque", "y"}};
  TarEntry folder = file;
  folder.type = EntryType::kDirectory;
  folder.path = "d";
  folder.xattrs.erase("security.capability");
  unpack_archive(Archive().add(file).add(folder));
  EXPECT_EQ(xattr("f", "security.capability"), capability);
  EXPECT_EQ(xattr("f", "user.colour"), "blue");
  EXPECT_EQ(xattr("d", "user.colour"), "blue");
  for (const auto* path : {"f", "d"}) {
    EXPECT_FALSE(xattr(path, "trusted.overlay.opaque"));
    EXPECT_FALSE(xattr(path, "user.overlay.opaque"));
  }
}

TEST_F(UnpackTest, ADefaultAclDoesNotReachTheArchivesOwnFiles) {
  TarEntry folder;
  folder.type = EntryType::kDirectory;
  folder.path = "d";
  folder.mode = 0755;
  // version 2; user::rwx, group::---, other::---
  const std::string acl("\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x04\0\0\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff",
                        28);
  folder.xattrs = {{"system.posix_acl_default", acl}};
  unpack_archive(Archive().add(folder).file("d/f", "", 0644));
  EXPECT_EQ(status("d/f").st_mode, S_IFREG | 0644U);
  EXPECT_EQ(xattr("d", "system.posix_acl_default"), acl);
}

TEST_F(UnpackTest, CountsWhatItMade) {
  const Archive archive = Archive()
                              .folder("d")
                              .file("d/a", std::string(5000, 'a'))
                              .hard_link("d/b", "d/a")
                              .file("i/empty", "")
                              .symlink("l", "d")
                              .whiteout("w");
  const auto plain = unpack_archive(archive);
  fs::TreeUsage tree = fs::measure_tree(root_);
  EXPECT_EQ(plain.size, 5001U);
  EXPECT_EQ(plain.entries, 7U);
  EXPECT_EQ(plain.size, tree.size);
  EXPECT_EQ(plain.entries, tree.entries);
  EXPECT_EQ(plain.disk_bytes, tree.disk_bytes);

  const auto replaced = unpack_archive(Archive(archive).file("d/a", "short"));
  tree = fs::measure_tree(root_);
  EXPECT_EQ(replaced.size, 5006U);
  EXPECT_EQ(replaced.entries, 7U);
  EXPECT_EQ(replaced.disk_bytes, tree.disk_bytes);
}

TEST_F(UnpackTest, AnEmptyLayerIsAnEmptyFolder) {
  const auto result = unpack_archive(Archive());
  EXPECT_EQ(result.entries, 0U);
  EXPECT_TRUE(fs::list(root_).empty());
}

TEST_F(UnpackTest, WhatNoLayerMayHoldIsRefusedByName) {
  EXPECT_NE(refusal(Archive().file("../evil", "")).find("../evil"), std::string::npos);
  EXPECT_NE(refusal(Archive().file("a/../../evil", "")).find("leads out"), std::string::npos);
  EXPECT_NE(refusal(Archive().device("dev/zero", 0, 0)).find("dev/zero"), std::string::npos);
  EXPECT_NE(refusal(Archive().file("f", "").file("f/x", "")).find("'f' is not a folder"), std::string::npos);
  EXPECT_NE(refusal(Archive().file(".wh.", "")).find("whiteout of nothing"), std::string::npos);
  EXPECT_NE(refusal(Archive().file("a/.wh...", "")).find("whiteout of nothing"), std::string::npos);
  EXPECT_NE(refusal(Archive().file(std::string(10'000, 'n'), "")).find("nnnn"), std::string::npos);
  EXPECT_NE(refusal(Archive().symlink("a", "b").symlink("b", "a").file("a/x", "")).find("levels of links"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(folder_.path() / "evil"));
}

TEST_F(UnpackTest, HardLinksReachOnlyFilesOfTheLayer) {
  fs::write_file(folder_.path() / "secret", "outside");
  const std::string secret = (folder_.path() / "secret").string();
  EXPECT_NE(refusal(Archive().hard_link("h", "../secret")).find("'h'"), std::string::npos);
  EXPECT_NE(refusal(Archive().hard_link("h", secret)).find("no file of this layer"), std::string::npos);
  EXPECT_NE(refusal(Archive().symlink("up", "../").hard_link("h", "up/secret")), "none");
  EXPECT_NE(refusal(Archive().whiteout("w").hard_link("h", "w")), "none");
  EXPECT_NE(refusal(Archive().folder("d").hard_link("h", "d")), "none");
  EXPECT_NE(refusal(Archive().hard_link("h", "/")), "none");
  EXPECT_NE(refusal(Archive().folder("d").file("d/f", "").hard_link("d", "d/f")), "none");
  unpack_archive(Archive().symlink("l", secret).hard_link("h", "l").file("f", "1").hard_link("f", "f"));
  EXPECT_EQ(fs::read_link(root_ / "h"), secret);
  EXPECT_EQ(content("f"), "1");
}

TEST_F(UnpackTest, ManyFoldersAreMoreThanItKeepsOpen) {
  Archive archive;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 200; ++i) {
      const std::string folder = "d" + std::to_string(i);
      if (round == 0) archive.folder(folder);
      archive.file(folder + "/deep/" + std::to_string(round), folder);
    }
  }
  const auto result = unpack_archive(archive);
  EXPECT_EQ(result.entries, 200U * 4);
  EXPECT_EQ(content("d199/deep/1"), "d199");
  EXPECT_EQ(status("d7").st_mtim.tv_nsec, test::kTestTime.tv_nsec);
}

TEST_F(UnpackTest, FarApartFoldersAreDeeperThanItKeepsOpen) {
  std::string left = "l", right = "r";
  for (int i = 0; i < 150; ++i) {
    left += "/d";
    right += "/d";
  }
  Archive archive;
  for (int i = 0; i < 4; ++i)
    archive.file(left + "/" + std::to_string(i), "1")
        .hard_link(right + "/" + std::to_string(i), left + "/" + std::to_string(i));
  archive.folder(left, 0700);
  unpack_archive(archive);
  EXPECT_EQ(content(right + "/3"), "1");
  EXPECT_EQ(status(left).st_mode, S_IFDIR | 0700U);
  EXPECT_EQ(status(left).st_mtim.tv_nsec, test::kTestTime.tv_nsec);
  EXPECT_EQ(status(right).st_mtim.tv_sec, 0);
}

TEST_F(UnpackTest, LinksAreFollowedNoFurtherThanLinuxPathsReach) {
  const std::string name(200, 'n');
  std::string deep = name;
  for (int i = 0; i < 15; ++i) deep += "/" + name;
  EXPECT_NE(refusal(Archive().symlink("a", deep).symlink("b", "a/" + deep).file("b/x", "")).find("longer than 4095"),
            std::string::npos);
  EXPECT_NE(refusal(Archive().symlink("a", std::string(256, 'n')).file("a/x", "")).find("longer than 255"),
            std::string::npos);
  EXPECT_NE(refusal(Archive().symlink("a", std::string(256, 'n')).hard_link("h", "a/x")).find("longer than 255"),
            std::string::npos);
  std::string path = "a";
  for (int i = 0; i < 41; ++i) path += "/a";
  EXPECT_NE(refusal(Archive().symlink("a", ".").file(path + "/x", "")).find("levels of links"), std::string::npos);
}

TEST_F(UnpackTest, ADeviceNumberThatLinuxDoesNotHaveIsRefused) {
  EXPECT_NE(refusal(Archive().device("d", 4096, 0)).find("'d' is a device 4096:0"), std::string::npos);
  EXPECT_NE(refusal(Archive().device("d", 0, 1 << 20)).find("'d'"), std::string::npos);
  unpack_archive(Archive().device("d", 4095, (1 << 20) - 1));
  EXPECT_EQ(status("d").st_rdev, makedev(4095, (1 << 20) - 1));
}

TEST_F(UnpackTest, AFewBytesDoNotImplyMillionsOfFolders) {
  Archive archive;
  for (int i = 0; i < 20; ++i) {
    std::string path = std::to_string(i);
    while (path.size() < 4080) path += "/d";
    archive.file(path + "/x", "");
  }
  const std::string bytes = archive.bytes();
  base::MemorySource source(bytes);
  codec::TarReader reader(source);
  try {
    unpack_for_image(reader, []() -> fs::File& { throw Error(base::Code::kInternal, "no sparse file"); });
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), base::Code::kInvalidArgument);
    EXPECT_NE(e.message().find("does not list"), std::string::npos);
  }
}

TEST_F(UnpackTest, ARootOfItsOwnKindIsTold) {
  EXPECT_FALSE(unpack_archive(Archive().folder("./", 0755)).root_special);
  EXPECT_FALSE(unpack_archive(Archive().file("x", "")).root_special);
  EXPECT_TRUE(unpack_archive(Archive().folder("./", 0700)).root_special);
  EXPECT_TRUE(unpack_archive(Archive().folder("./", 0755, 0, 1)).root_special);
  TarEntry root;
  root.type = EntryType::kDirectory;
  root.path = "./";
  root.mode = 0755;
  root.xattrs = {{"user.colour", "blue"}};
  EXPECT_TRUE(unpack_archive(Archive().add(root)).root_special);
}

TEST_F(UnpackTest, AMalformedXattrIsRefusedByName) {
  TarEntry file;
  file.path = "f";
  file.xattrs = {{"security.capability", "nonsense"}};
  EXPECT_NE(refusal(Archive().add(file)).find("'f' has an xattr security.capability that is no capability"),
            std::string::npos);
  file.xattrs = {{"system.posix_acl_access", "nonsense"}};
  EXPECT_EQ(refusal(Archive().add(file)), "none");  // an ACL of another version
  EXPECT_FALSE(xattr("f", "system.posix_acl_access"));
}

TEST_F(UnpackTest, AnArchiveCutShortIsCorrupt) {
  const std::string bytes = Archive().file("f", std::string(100'000, 'x')).bytes().substr(0, 50'000);
  base::MemorySource source(bytes);
  codec::TarReader reader(source);
  const auto parent = fs::Directory::open(folder_.path());
  try {
    unpack(reader, parent, "root");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), base::Code::kCorrupt);
  }
}

}  // namespace
}  // namespace davit::layer
