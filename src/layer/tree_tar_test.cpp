#include "layer/tree_tar.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "codec/tar.h"
#include "layer/file_bytes.h"
#include "layer/overlay_form.h"
#include "layer/unpack.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using base::Code;
using base::Error;
using codec::EntryType;
using codec::TarEntry;

class TreeTarTest : public testing::Test {
 protected:
  TreeTarTest() { fs::make_directory(root_, 0755); }
  ~TreeTarTest() override { base::raise_interrupt_for_test(false); }

  fs::Directory open(const std::string& path = "") { return fs::Directory::open(root_ / path); }
  void file(const std::string& path, std::string_view content = "") { fs::write_file(root_ / path, content, 0644); }
  void folder(const std::string& path) { fs::make_directory(root_ / path, 0755); }
  void xattr(const std::string& path, const std::string& key, std::string_view value) {
    const auto full = root_ / path;
    fs::Directory::open(full.parent_path()).set_xattr(full.filename(), key, value);
  }
  // The archive's entries, in their order, and the data of its files.
  struct Read {
    std::vector<TarEntry> entries;
    std::map<std::string, std::string> data;
    const TarEntry& at(const std::string& path) const {
      for (const TarEntry& entry : entries) {
        if (entry.path == path) return entry;
      }
      throw std::out_of_range(path);
    }
    std::vector<std::string> names() const {
      std::vector<std::string> names;
      for (const TarEntry& entry : entries) names.push_back(entry.path);
      return names;
    }
  };
  Read read(const std::string& bytes) {
    Read result;
    base::MemorySource source(bytes);
    codec::TarReader reader(source);
    while (const auto entry = reader.next()) {
      result.entries.push_back(*entry);
      if (entry->type == EntryType::kFile) result.data[entry->path] = base::read_all(reader.data(), 1 << 30);
    }
    return result;
  }
  std::string diff_bytes() {
    base::StringSink sink;
    written_ = write_diff(root_, sink);
    return sink.take();
  }
  Read diff() { return read(diff_bytes()); }
  Read tree() {
    base::StringSink sink;
    written_ = write_tree(root_, sink);
    return read(sink.text());
  }
  std::string refusal(Code code = Code::kNotSupported) {
    try {
      diff();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), code) << e.message();
      return e.message();
    }
    return "none";
  }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  std::filesystem::path root_ = folder_.path() / "root";
  WrittenTree written_;
};

TEST_F(TreeTarTest, NamesComeInTheOrderOfTheirBytesEachFolderBeforeWhatIsInIt) {
  folder("b");
  file("b/z");
  folder("b/a");
  file("b/a/x");
  file("B");
  file("b.");
  file("\xc3\xa9");
  EXPECT_EQ(diff().names(), (std::vector<std::string>{"./", "B", "b/", "b/a/", "b/a/x", "b/z", "b.", "\xc3\xa9"}));
  EXPECT_EQ(written_.entries, 7U);
  EXPECT_EQ(written_.left_out, 0U);
}

TEST_F(TreeTarTest, AnEmptyFolderIsAnArchiveOfItsRoot) {
  const Read archive = diff();
  ASSERT_EQ(archive.names(), std::vector<std::string>{"./"});
  EXPECT_EQ(archive.entries[0].mode, 0755U);
  EXPECT_EQ(written_.entries, 0U);
}

TEST_F(TreeTarTest, KindsModesOwnersAndTimesAreKept) {
  const auto root = open();
  file("f", "content");
  root.set_owner("f", {4'000'000'000, 3'000'000'000});
  root.set_mode("f", 06755);
  root.set_mtime("f", {1'700'000'000, 123'456'789});
  root.symbolic_link("/any/where", "l");
  root.set_mtime("l", {-5, 250'000'000});
  root.make_node("null", S_IFCHR | 0666, makedev(1, 3));
  root.make_node("disk", S_IFBLK | 0660, makedev(7, 300));
  fs::make_fifo(root_ / "p", 0622);
  folder("d");
  root.set_mode("d", 01777);
  const Read archive = diff();
  const TarEntry& f = archive.at("f");
  EXPECT_EQ(f.mode, 06755U);
  EXPECT_EQ(f.uid, 4'000'000'000U);
  EXPECT_EQ(f.gid, 3'000'000'000U);
  EXPECT_EQ(f.mtime.tv_sec, 1'700'000'000);
  EXPECT_EQ(f.mtime.tv_nsec, 123'456'789);
  EXPECT_EQ(archive.data.at("f"), "content");
  EXPECT_EQ(archive.at("l").link_target, "/any/where");
  EXPECT_EQ(archive.at("l").mtime.tv_sec, -5);
  EXPECT_EQ(archive.at("null").type, EntryType::kCharacterDevice);
  EXPECT_EQ(archive.at("null").device_minor, 3U);
  EXPECT_EQ(archive.at("disk").device_minor, 300U);
  EXPECT_EQ(archive.at("p").type, EntryType::kFifo);
  EXPECT_EQ(archive.at("d/").mode, 01777U);
}

TEST_F(TreeTarTest, ARemovedNameBecomesAWhiteout) {
  folder("d");
  open("d").make_node("gone", S_IFCHR, makedev(0, 0));
  // As newer kernels make them: all whiteouts are one file.
  open().hard_link(open("d"), "gone", "also");
  const Read archive = diff();
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"./", ".wh.also", "d/", "d/.wh.gone"}));
  for (const auto* path : {".wh.also", "d/.wh.gone"}) {
    EXPECT_EQ(archive.at(path).type, EntryType::kFile) << path;
    EXPECT_EQ(archive.at(path).size, 0U) << path;
    EXPECT_EQ(archive.at(path).mtime.tv_sec, 0) << path;
  }
}

TEST_F(TreeTarTest, ARemovedNameOf255BytesIsUnpackedAgain) {
  const std::string name(255, 'n');
  open().make_node(name, S_IFCHR, makedev(0, 0));
  const std::string bytes = diff_bytes();
  base::MemorySource source(bytes);
  codec::TarReader reader(source);
  unpack(reader, fs::Directory::open(folder_.path()), "again");
  const auto status = fs::Directory::open(folder_.path() / "again").status(name);
  ASSERT_TRUE(status);
  EXPECT_TRUE(is_whiteout(*status));
}

TEST_F(TreeTarTest, AWhiteoutByXattrBecomesOneWhereItsFolderSaysThatItMayHaveThem) {
  for (const auto* path : {"d", "e"}) {
    folder(path);
    file(std::string(path) + "/gone");
    xattr(std::string(path) + "/gone", std::string(kWhiteoutXattr), "");
  }
  xattr("d", std::string(kOpaqueXattr), "x");
  EXPECT_EQ(diff().names(), (std::vector<std::string>{"./", "d/", "d/.wh.gone", "e/", "e/gone"}));
}

TEST_F(TreeTarTest, AnOpaqueFolderIsMarkedInside) {
  folder("d");
  file("d/-early");
  xattr("d", std::string(kOpaqueXattr), "y");
  fs::Directory::open(folder_.path()).set_xattr("root", "user.note", "root");
  const Read archive = diff();
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"./", "d/", "d/.wh..wh..opq", "d/-early"}));
  EXPECT_TRUE(archive.at("d/").xattrs.empty());
  EXPECT_EQ(archive.at("./").xattrs.at("user.note"), "root");
}

TEST_F(TreeTarTest, XattrsAreKeptButForOverlayfssAndTheHosts) {
  const std::string capability("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
  // user::rw- user:1000:r-- group::r-- mask::r-- other::---
  const std::string acl(
      "\x02\x00\x00\x00\x01\x00\x06\x00\xff\xff\xff\xff\x02\x00\x04\x00\xe8\x03\x00\x00\x04\x00\x04\x00\xff\xff\xff\xff"
      "\x10\x00\x04\x00\xff\xff\xff\xff\x20\x00\x00\x00\xff\xff\xff\xff",
      44);
  file("f");
  folder("d");
  xattr("f", "security.capability", capability);
  xattr("f", "system.posix_acl_access", acl);
  xattr("d", "system.posix_acl_default", acl);
  xattr("f", "user.a=b", std::string("\0\n=\xff", 4));
  xattr("f", "trusted.mine", "kept");
  xattr("f", "trusted.overlay.origin", "dropped");
  xattr("f", "trusted.overlay.overlay.opaque", "y");
  xattr("d", "user.overlay.opaque", "y");
  xattr("d", "trusted.overlay.impure", "y");
  const Read archive = diff();
  EXPECT_EQ(archive.at("f").xattrs, (std::map<std::string, std::string>{{"security.capability", capability},
                                                                        {"system.posix_acl_access", acl},
                                                                        {"trusted.mine", "kept"},
                                                                        {"user.a=b", std::string("\0\n=\xff", 4)}}));
  EXPECT_EQ(archive.at("d/").xattrs, (std::map<std::string, std::string>{{"system.posix_acl_default", acl}}));
  EXPECT_FALSE(std::filesystem::exists(root_ / "d" / ".wh..wh..opq"));
}

TEST_F(TreeTarTest, NamesOfOneFileAreHardLinks) {
  folder("a");
  folder("b");
  file("a/one", "shared");
  open("b").hard_link(open("a"), "one", "two");
  open().hard_link(open("a"), "one", "zzz");
  open().symbolic_link("a", "link");
  open().hard_link(open(), "link", "link2");
  const Read archive = diff();
  EXPECT_EQ(archive.at("a/one").type, EntryType::kFile);
  for (const auto* path : {"b/two", "zzz"}) {
    EXPECT_EQ(archive.at(path).type, EntryType::kHardLink) << path;
    EXPECT_EQ(archive.at(path).link_target, "a/one") << path;
  }
  EXPECT_EQ(archive.at("link").type, EntryType::kSymlink);
  EXPECT_EQ(archive.at("link2").link_target, "link");
}

TEST_F(TreeTarTest, AFileThatHasANameOutsideIsAFile) {
  fs::write_file(folder_.path() / "outside", "content");
  open().hard_link(fs::Directory::open(folder_.path()), "outside", "f");
  EXPECT_EQ(diff().data.at("f"), "content");
}

TEST_F(TreeTarTest, SocketsAndNamesThatAreMarksAreLeftOut) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = root_ / "socket";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(descriptor);
  file(".wh.innocent", "x");
  folder(".wh..wh.aufs");
  file(".wh..wh.aufs/x");
  open().make_node("zero", S_IFBLK | 0600, makedev(0, 0));
  file("kept");
  testing::internal::CaptureStderr();
  EXPECT_EQ(diff().names(), (std::vector<std::string>{"./", "kept"}));
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(written_.left_out, 4U);
  for (const auto* name : {"socket", ".wh.innocent", ".wh..wh.aufs", "zero"}) {
    EXPECT_NE(told.find(root_ / name), std::string::npos) << name << " in " << told;
  }
}

TEST_F(TreeTarTest, APlainFolderKeepsSuchNamesAndHasNoMarks) {
  file(".wh.innocent", "x");
  folder("d");
  xattr("d", std::string(kOpaqueXattr), "y");
  xattr("d", std::string(kRedirectXattr), "/elsewhere");
  open().make_node("zero", S_IFCHR | 0600, makedev(0, 0));
  testing::internal::CaptureStderr();
  const Read archive = tree();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("zero"), std::string::npos);
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"./", ".wh.innocent", "d/"}));
  EXPECT_TRUE(archive.at("d/").xattrs.empty());
  EXPECT_EQ(written_.left_out, 1U);
}

TEST_F(TreeTarTest, AnUpperFolderWhoseContentIsElsewhereIsRefusedByName) {
  folder("moved");
  xattr("moved", std::string(kRedirectXattr), "/before");
  EXPECT_NE(refusal().find(root_ / "moved"), std::string::npos);
  EXPECT_NE(refusal().find("redirect_dir"), std::string::npos);
  fs::remove(root_ / "moved");
  file("chowned");
  xattr("chowned", std::string(kMetacopyXattr), "");
  EXPECT_NE(refusal().find(root_ / "chowned"), std::string::npos);
}

TEST_F(TreeTarTest, APathThatNoLayerCanHoldIsRefused) {
  auto at = open();
  for (int i = 0; i < 17; ++i) {
    at.make_directory(std::string(250, 'n'), 0755);
    at = std::move(*at.child(std::string(250, 'n')));
  }
  EXPECT_NE(refusal().find("4095 bytes"), std::string::npos);
}

TEST_F(TreeTarTest, HolesAreZerosThatAreNotRead) {
  const std::uint64_t size = 40 << 20;
  {
    fs::File out = fs::File::open(root_ / "holes", {.access = fs::Access::kWrite, .create = fs::Create::kExclusive});
    out.write_at(base::as_byte_view("head"), 0);
    out.write_at(base::as_byte_view("middle"), 10'000'001);
    out.truncate(size);
  }
  const Read archive = diff();
  std::string expected(size, '\0');
  expected.replace(0, 4, "head").replace(10'000'001, 6, "middle");
  EXPECT_FALSE(archive.at("holes").sparse);
  EXPECT_TRUE(archive.data.at("holes") == expected);
}

TEST_F(TreeTarTest, AFileThatBecomesShorterIsFilledUpWithZerosAndALongerOneCut) {
  for (const bool longer : {false, true}) {
    file("f", "0123456789");
    fs::File file = fs::File::open(root_ / "f", {.access = fs::Access::kReadWrite});
    FileBytes bytes(file, file.status());
    EXPECT_FALSE(bytes.changed());
    if (longer) {
      file.write_at(base::as_byte_view("more"), 10);
    } else {
      file.truncate(4);
    }
    EXPECT_EQ(base::read_all(bytes, 100), longer ? "0123456789" : std::string("0123\0\0\0\0\0\0", 10));
    EXPECT_TRUE(bytes.changed());
  }
}

TEST_F(TreeTarTest, AFileThatChangesMeanwhileIsToldAndTheArchiveStaysWhole) {
  file("f", std::string(1'000'000, 'x'));
  file("g", "after");
  bool cut = false;
  std::string bytes;
  base::CallbackSink sink([&](base::ByteView piece) {
    bytes += base::as_text(piece);
    if (cut || bytes.size() < 5'000) return;
    cut = true;
    fs::File::open(root_ / "f", {.access = fs::Access::kWrite}).truncate(600'000);
  });
  testing::internal::CaptureStderr();
  write_diff(root_, sink);
  EXPECT_NE(testing::internal::GetCapturedStderr().find(root_ / "f"), std::string::npos);
  ASSERT_TRUE(cut);
  const Read archive = read(bytes);
  EXPECT_EQ(archive.data.at("f").size(), 1'000'000U);
  EXPECT_EQ(archive.data.at("f").back(), '\0');
  EXPECT_EQ(archive.data.at("g"), "after");
}

TEST_F(TreeTarTest, WhatGoesAwayMeanwhileIsLeftOut) {
  for (const auto* path : {"a", "b", "c"}) {
    folder(path);
    file(std::string(path) + "/f", "x");
  }
  bool removed = false;
  std::string bytes;
  base::CallbackSink sink([&](base::ByteView piece) {
    bytes += base::as_text(piece);
    if (removed || bytes.find("a/f") == std::string::npos) return;
    removed = true;
    fs::remove_tree(root_ / "b");
    fs::remove(root_ / "c" / "f");
    fs::symbolic_link("/etc/passwd", root_ / "c" / "f");
  });
  testing::internal::CaptureStderr();
  const WrittenTree written = write_diff(root_, sink);
  EXPECT_NE(testing::internal::GetCapturedStderr().find(root_ / "b"), std::string::npos);
  EXPECT_EQ(written.left_out, 1U);
  const Read archive = read(bytes);
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"./", "a/", "a/f", "c/", "c/f"}));
  EXPECT_EQ(archive.at("c/f").type, EntryType::kSymlink);
}

TEST_F(TreeTarTest, AnErrorOfTheSinkIsNotTakenForAMissingFile) {
  file("f", "x");
  int calls = 0;
  base::CallbackSink sink([&](base::ByteView) {
    if (++calls == 2) throw Error(Code::kNotFound, "no such upload");
  });
  EXPECT_THROW(write_diff(root_, sink), Error);
}

TEST_F(TreeTarTest, AnInterruptEndsALargeHole) {
  fs::File::open(root_ / "huge", {.access = fs::Access::kWrite, .create = fs::Create::kExclusive})
      .truncate(std::uint64_t{1} << 42);
  std::uint64_t seen = 0;
  base::CallbackSink sink([&](base::ByteView piece) {
    seen += piece.size();
    if (seen > 1'000'000) base::raise_interrupt_for_test(true);
  });
  try {
    write_diff(root_, sink);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kCancelled);
  }
}

TEST_F(TreeTarTest, AMissingFolderIsAnError) {
  root_ = folder_.path() / "missing";
  EXPECT_NE(refusal(Code::kNotFound).find("missing"), std::string::npos);
}

TEST_F(TreeTarTest, ATreeDeeperThanTheOpenFoldersIsWrittenWhole) {
  auto at = open();
  for (int i = 0; i < 300; ++i) {
    at.make_directory("d", 0755);
    at.make_directory("z", 0700);
    at = std::move(*at.child("d"));
  }
  EXPECT_EQ(diff().entries.size(), 601U);
}

TEST_F(TreeTarTest, AFolderOfManyEntriesIsWrittenWhole) {
  folder("d");
  const auto directory = open("d");
  for (int i = 0; i < 20'000; ++i) directory.symbolic_link("x", std::to_string(i));
  EXPECT_EQ(diff().entries.size(), 20'002U);
}

TEST_F(TreeTarTest, GnuTarMakesTheSameTreeOfIt) {
  folder("d");
  file("d/f", "content");
  open("d").create_file(std::string(255, 'n'), 0644).write(base::as_byte_view("long"));
  open().hard_link(open("d"), "f", "h");
  open("d").symbolic_link(std::string(300, 't'), "l");
  open("d").set_owner("f", {4'000'000'000, 5});
  xattr("d/f", "user.note", "kept");
  open().set_mtime("d", {1'600'000'000, 5});
  fs::make_directory(folder_.path() / "tars", 0755);
  const auto result = base::run({.argv = {"tar", "-xp", "-C", folder_.path() / "tars", "--numeric-owner",
                                          "--same-owner", "--xattrs", "--xattrs-include=*"}},
                                diff_bytes());
  ASSERT_TRUE(result.status.ok()) << result.err;
  EXPECT_EQ(test::difference(test::read_tree(root_), test::read_tree(folder_.path() / "tars")), "");
}

TEST_F(TreeTarTest, EqualTreesGiveEqualBytes) {
  for (const auto* path : {"b", "a", "c"}) file(path, path);
  open().set_mtime("a", {7, 7});
  EXPECT_EQ(diff_bytes(), diff_bytes());
}

}  // namespace
}  // namespace davit::layer
