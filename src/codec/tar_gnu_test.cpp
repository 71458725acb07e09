// Against GNU tar: its archives read by ours, ours unpacked by it.
#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fs/tree.h"
#include "base/process.h"
#include "codec/tar_test_support.h"

namespace davit::codec {

namespace fs = base::fs;
using testing::read_archive;
using testing::ReadEntry;
using namespace std::string_literals;

namespace {

bool is_root() { return ::geteuid() == 0; }

const std::string kLongFolder(80, 'd'), kLongName(140, 'n');

struct Shape {
  bool long_names = true;
  bool long_links = true;
  bool exact_times = true;
  bool specials = true;
};

// A tree of all that a format can hold.
void make_tree(const fs::stdfs::path& root, const Shape& shape) {
  fs::make_directory(root, 0755);
  const fs::Directory top = fs::Directory::open(root);
  top.create_file("empty", 0600);
  top.create_file("file", 0640).write(base::as_byte_view(testing::sample_bytes(300'000)));
  top.create_file("setuid", 0644).write(base::as_byte_view("#!"));
  top.set_mode("setuid", 04755);
  top.hard_link(top, "file", "hard");
  top.symbolic_link("../elsewhere/it is", "soft");
  top.make_directory("sub", 0711);
  const fs::Directory sub = *top.child("sub");
  sub.create_file("umlaut-\xc3\xa4\xff", 0644).write(base::as_byte_view("latin and utf-8"));
  if (shape.specials) top.make_node("fifo", S_IFIFO | 0600, 0);
  if (shape.specials && is_root()) top.make_node("null", S_IFCHR | 0666, ::makedev(1, 3));
  if (shape.long_links) top.symbolic_link(std::string(200, 't'), "soft-long");
  if (shape.long_names) {
    sub.make_directory(kLongFolder, 0755);
    sub.child(kLongFolder)->create_file(kLongName, 0600).write(base::as_byte_view("long"));
  }
  if (is_root()) top.set_owner("file", {1234, 4321});
  top.set_mtime("file", {1600000000, shape.exact_times ? 123456789 : 0});
  top.set_mtime("empty", {1, 0});
  for (const char* each : {"setuid", "soft", "sub"}) top.set_mtime(each, {1500000000, 0});
}

std::string gnu_tar(const fs::stdfs::path& folder, std::vector<std::string> options) {
  const auto archive = folder / "archive.tar";
  std::vector<std::string> argv = {"tar", "--sort=name", "--numeric-owner", "-cf", archive.string()};
  argv.insert(argv.end(), options.begin(), options.end());
  const auto result = base::run({.argv = argv, .extra_env = {{"LC_ALL", "C"}}, .directory = folder});
  EXPECT_TRUE(result.status.ok()) << result.err;
  return fs::read_file(archive);
}

void unpack_by_gnu_tar(const fs::stdfs::path& into, std::string_view archive) {
  fs::make_directory(into);
  const auto result = base::run({.argv = {"tar", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", "-"},
                                 .extra_env = {{"LC_ALL", "C"}},
                                 .directory = into},
                                archive);
  EXPECT_TRUE(result.status.ok()) << result.err;
  EXPECT_EQ(result.err, "");
}

std::string rewritten(std::string_view archive) {
  base::MemorySource source(archive);
  base::StringSink out;
  TarReader reader(source);
  TarWriter writer(out);
  while (const auto entry = reader.next()) writer.add(*entry, &reader.data());
  writer.finish();
  return out.take();
}

const ReadEntry& find(const std::vector<ReadEntry>& all, const std::string& path) {
  for (const ReadEntry& each : all)
    if (each.entry.path == path) return each;
  ADD_FAILURE() << path << " is not in the archive";
  return all.front();
}

// Every entry of the archive is what the tree has under its name.
void expect_tree(const std::vector<ReadEntry>& all, const fs::stdfs::path& folder, bool exact_times) {
  for (const ReadEntry& each : all) {
    const TarEntry& entry = each.entry;
    std::string path = entry.path;
    if (path.ends_with('/')) path.pop_back();
    struct stat status {};
    ASSERT_EQ(::lstat((folder / path).c_str(), &status), 0) << path;
    if (entry.type == EntryType::kHardLink) {
      struct stat target {};
      ASSERT_EQ(::lstat((folder / entry.link_target).c_str(), &target), 0) << entry.link_target;
      EXPECT_EQ(status.st_ino, target.st_ino) << path;
      continue;
    }
    EXPECT_EQ(entry.mode, status.st_mode & 07777) << path;
    EXPECT_EQ(entry.uid, status.st_uid) << path;
    EXPECT_EQ(entry.gid, status.st_gid) << path;
    EXPECT_EQ(entry.mtime.tv_sec, status.st_mtim.tv_sec) << path;
    if (exact_times) {
      EXPECT_EQ(entry.mtime.tv_nsec, status.st_mtim.tv_nsec) << path;
    }
    switch (entry.type) {
      case EntryType::kFile:
        EXPECT_TRUE(S_ISREG(status.st_mode)) << path;
        EXPECT_EQ(entry.size, static_cast<std::uint64_t>(status.st_size)) << path;
        EXPECT_TRUE(each.content() == fs::read_file(folder / path)) << path;
        break;
      case EntryType::kDirectory:
        EXPECT_TRUE(S_ISDIR(status.st_mode)) << path;
        break;
      case EntryType::kSymlink:
        EXPECT_EQ(entry.link_target, fs::read_link(folder / path)) << path;
        break;
      case EntryType::kFifo:
        EXPECT_TRUE(S_ISFIFO(status.st_mode)) << path;
        break;
      case EntryType::kCharacterDevice:
        EXPECT_EQ(::makedev(entry.device_major, entry.device_minor), status.st_rdev) << path;
        break;
      default:
        ADD_FAILURE() << "unexpected type of " << path;
    }
  }
}

struct Format {
  const char* name;
  Shape shape;
  std::size_t entries;  // with the device, which only root can make
};

class GnuTar : public ::testing::TestWithParam<Format> {};

INSTANTIATE_TEST_SUITE_P(
    , GnuTar,
    ::testing::Values(
        Format{"v7", {.long_names = false, .long_links = false, .exact_times = false, .specials = false}, 8},
        Format{"oldgnu", {.exact_times = false}, 13}, Format{"gnu", {.exact_times = false}, 13},
        Format{"ustar", {.long_names = false, .long_links = false, .exact_times = false}, 10}, Format{"pax", {}, 13}),
    [](const auto& each) { return each.param.name; });

}  // namespace

TEST_P(GnuTar, ItsArchivesAreReadAsTheTreeIs) {
  const auto folder = testing::temporary_directory();
  const Shape& shape = GetParam().shape;
  make_tree(folder.path() / "tree", shape);
  const std::string archive = gnu_tar(folder.path(), {"--format="s + GetParam().name, "tree"});
  for (const std::size_t step : {512u, 700u, 1u << 20}) {
    const auto all = read_archive(archive, step);
    EXPECT_EQ(all.size(), GetParam().entries - (shape.specials && !is_root() ? 1 : 0));
    expect_tree(all, folder.path(), shape.exact_times);
  }
}

TEST_P(GnuTar, UnpacksOursToTheSameTree) {
  const auto folder = testing::temporary_directory();
  const Shape& shape = GetParam().shape;
  make_tree(folder.path() / "tree", shape);
  const std::string archive = gnu_tar(folder.path(), {"--format="s + GetParam().name, "tree"});
  unpack_by_gnu_tar(folder.path() / "out", rewritten(archive));
  expect_tree(read_archive(archive), folder.path() / "out", shape.exact_times);
}

TEST(GnuTarXattrs, AreReadAndWritten) {
  const auto folder = testing::temporary_directory();
  fs::make_directory(folder.path() / "tree");
  const fs::Directory top = fs::Directory::open(folder.path() / "tree");
  top.create_file("file", 0644);
  const std::string binary("\x01\0=\n\xff", 5);
  try {
    top.set_xattr("file", "user.davit", binary);
  } catch (const base::Error& error) {
    if (error.code() == base::Code::kNotSupported) GTEST_SKIP() << "the temporary folder has no extended attributes";
    throw;
  }
  top.set_xattr("file", "user.second", "text");
  const std::string archive = gnu_tar(folder.path(), {"--format=pax", "--xattrs", "tree"});
  const auto read = read_archive(archive);
  const std::map<std::string, std::string> expected = {{"user.davit", binary}, {"user.second", "text"}};
  EXPECT_EQ(find(read, "tree/file").entry.xattrs, expected);

  unpack_by_gnu_tar(folder.path() / "out", rewritten(archive));
  const auto out = fs::Directory::open(folder.path() / "out" / "tree").xattrs("file");
  EXPECT_EQ((std::map<std::string, std::string>(out.begin(), out.end())), expected);
}

TEST(GnuTarSparse, AllItsFormatsAreReadAndOursIsUnpacked) {
  const auto folder = testing::temporary_directory();
  fs::make_directory(folder.path() / "tree");
  const fs::Directory top = fs::Directory::open(folder.path() / "tree");
  std::string content(4'000'000, '\0');
  {
    fs::File file = top.create_file("sparse", 0644);
    for (std::size_t i = 0; i < 30; ++i) {  // enough for blocks of further extents in the old format
      const std::string piece = testing::sample_bytes(4096, static_cast<unsigned>(i));
      file.write_at(base::as_byte_view(piece), i * 131072);
      content.replace(i * 131072, piece.size(), piece);
    }
    file.truncate(content.size());
    fs::File holes = top.create_file("only-a-hole", 0644);
    holes.truncate(5'000'000);
  }
  const std::vector<std::vector<std::string>> formats = {{"--format=gnu"},
                                                         {"--format=oldgnu"},
                                                         {"--format=pax", "--sparse-version=0.0"},
                                                         {"--format=pax", "--sparse-version=0.1"},
                                                         {"--format=pax", "--sparse-version=1.0"}};
  int number = 0;
  for (auto options : formats) {
    options.insert(options.end(), {"--sparse", "--hole-detection=raw", "tree"});
    const std::string archive = gnu_tar(folder.path(), options);
    EXPECT_LT(archive.size(), 1'000'000u) << "it did not find the holes";
    const auto all = read_archive(archive, 1000);
    ASSERT_EQ(all.size(), 3u);
    const ReadEntry& sparse = find(all, "tree/sparse");
    ASSERT_TRUE(sparse.entry.sparse) << options[0];
    EXPECT_EQ(sparse.entry.sparse->size(), 30u);
    EXPECT_TRUE(sparse.content() == content) << options[0];
    EXPECT_EQ(find(all, "tree/only-a-hole").entry.size, 5'000'000u);
    EXPECT_EQ(find(all, "tree/only-a-hole").stored, "");

    const fs::stdfs::path out = folder.path() / ("out" + std::to_string(number++));
    unpack_by_gnu_tar(out, rewritten(archive));
    EXPECT_TRUE(fs::read_file(out / "tree" / "sparse") == content);
    struct stat status {};
    ASSERT_EQ(::lstat((out / "tree" / "only-a-hole").c_str(), &status), 0);
    EXPECT_EQ(status.st_size, 5'000'000);
  }
}

TEST(GnuTarLabels, AreSkipped) {
  const auto folder = testing::temporary_directory();
  fs::write_file(folder.path() / "f", "x");
  const auto all = read_archive(gnu_tar(folder.path(), {"--format=gnu", "--label=a label", "f"}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].stored, "x");
}

TEST(GnuTarIncremental, ItsFoldersAreRead) {
  const auto folder = testing::temporary_directory();
  make_tree(folder.path() / "tree", {});
  const auto all = read_archive(gnu_tar(folder.path(), {"--format=gnu", "--incremental", "tree"}));
  EXPECT_EQ(find(all, "tree/sub/").entry.type, EntryType::kDirectory);
  expect_tree(all, folder.path(), false);
}

}  // namespace davit::codec
