#include <gtest/gtest.h>

#include "codec/tar_test_support.h"

namespace davit::codec {

using base::Code;
using testing::error_of;
using testing::read_archive;
using namespace std::string_literals;

namespace {

TarEntry file(std::string path, std::uint64_t size = 0) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.size = size;
  entry.mode = 0644;
  return entry;
}

std::string archive_of(const TarEntry& entry, std::string_view data = {}) {
  base::StringSink out;
  base::MemorySource source(data);
  TarWriter writer(out);
  writer.add(entry, &source);
  writer.finish();
  return out.take();
}

TarEntry again(const TarEntry& entry, std::string_view data = {}) {
  const auto all = read_archive(archive_of(entry, data));
  EXPECT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].stored, data);
  return all[0].entry;
}

}  // namespace

TEST(TarWriter, AnArchiveIsTheBytesOfPosix) {
  TarEntry entry = file("a/b", 3);
  entry.uid = 1000;
  entry.gid = 100;
  entry.mtime.tv_sec = 1234567890;
  const std::string bytes = archive_of(entry, "xyz");
  ASSERT_EQ(bytes.size(), 512u + 512 + 1024);
  EXPECT_EQ(bytes.substr(0, 4), "a/b\0"s);
  EXPECT_EQ(bytes.substr(100, 57),
            "0000644\0"
            "0001750\0"
            "0000144\0"
            "00000000003\0"
            "11145401322\0"
            "007640\0 "
            "0"s);
  EXPECT_EQ(bytes.substr(257, 8), "ustar\00000"s);
  EXPECT_EQ(bytes.substr(329, 16),
            "0000000\0"
            "0000000\0"s);
  EXPECT_EQ(bytes.substr(512), "xyz" + std::string(509 + 1024, '\0'));
}

TEST(TarWriter, PlainUstarIsUsedWhereItCanSayAll) {
  const auto blocks = [](const TarEntry& entry) { return archive_of(entry).size() / 512 - 2; };
  EXPECT_EQ(blocks(file(std::string(100, 'n'))), 1u);
  EXPECT_EQ(blocks(file(std::string(155, 'p') + '/' + std::string(100, 'n'))), 1u);
  EXPECT_EQ(blocks(file(std::string(101, 'n'))), 3u);
  EXPECT_EQ(blocks(file(std::string(156, 'p') + '/' + std::string(100, 'n'))), 3u);
  TarEntry entry = file("f");
  entry.uid = 07777777;
  entry.mtime.tv_sec = 077777777777;
  EXPECT_EQ(blocks(entry), 1u);
  entry.uid += 1;
  EXPECT_EQ(blocks(entry), 3u);
  entry.uid = 0;
  entry.mtime.tv_nsec = 1;
  EXPECT_EQ(blocks(entry), 3u);
}

TEST(TarWriter, NamesOfAllLengthsComeBack) {
  for (std::size_t folder : {0, 1, 50, 99, 100, 154, 155, 156, 300}) {
    for (std::size_t name : {1, 50, 99, 100, 101, 255}) {
      const std::string path = (folder == 0 ? ""s : std::string(folder, 'd') + '/') + std::string(name, 'n');
      EXPECT_EQ(again(file(path)).path, path);
      EXPECT_EQ(again(file('/' + path)).path, '/' + path);
      TarEntry entry = file(path);
      entry.type = EntryType::kDirectory;
      EXPECT_EQ(again(entry).path, path + '/') << "folders get their slash";
      entry.type = EntryType::kSymlink;
      entry.link_target = path;
      EXPECT_EQ(again(entry).link_target, path);
    }
  }
}

TEST(TarWriter, TimesOwnersAndDevicesComeBack) {
  TarEntry entry = file("f");
  for (const long long seconds : {0ll, 1ll, -1ll, -62135596800ll, 1ll << 33, 1ll << 40}) {
    for (const long nanoseconds : {0l, 1l, 500'000'000l, 999'999'999l}) {
      entry.mtime = {seconds, nanoseconds};
      const TarEntry read = again(entry);
      EXPECT_EQ(read.mtime.tv_sec, seconds);
      EXPECT_EQ(read.mtime.tv_nsec, nanoseconds);
    }
  }
  entry.uid = 4294967294u;
  entry.gid = 2097152;
  EXPECT_EQ(again(entry).uid, entry.uid);
  EXPECT_EQ(again(entry).gid, entry.gid);
  entry.type = EntryType::kBlockDevice;
  entry.device_major = 4095;
  entry.device_minor = 1048575;
  EXPECT_EQ(again(entry).device_major, 4095u);
  EXPECT_EQ(again(entry).device_minor, 1048575u);
}

TEST(TarWriter, ExtendedAttributesComeBack) {
  TarEntry entry = file("f");
  entry.xattrs = {{"security.capability", "\x01\0\0\x02"s}, {"user.a=b", "=\n%"}, {"user.empty", ""}};
  EXPECT_EQ(again(entry).xattrs, entry.xattrs);
}

TEST(TarWriter, SparseFilesComeBack) {
  for (const auto& extents : std::vector<std::vector<SparseExtent>>{{}, {{0, 5}}, {{5, 5}}, {{0, 1}, {3, 2}, {8, 2}}}) {
    TarEntry entry = file("folder/sparse", 10);
    entry.sparse = extents;
    std::size_t size = 0;
    for (const auto& extent : extents) size += extent.size;
    const std::string data = testing::sample_bytes(size);
    const TarEntry read = again(entry, data);
    EXPECT_EQ(read.path, "folder/sparse");
    EXPECT_EQ(read.size, 10u);
    ASSERT_TRUE(read.sparse);
    ASSERT_EQ(read.sparse->size(), extents.size());
    for (std::size_t i = 0; i < extents.size(); ++i) {
      EXPECT_EQ((*read.sparse)[i].offset, extents[i].offset);
      EXPECT_EQ((*read.sparse)[i].size, extents[i].size);
    }
  }
}

TEST(TarWriter, EntriesThatNoArchiveCanHoldAreRefused) {
  const auto refused = [](const TarEntry& entry) { error_of(Code::kInvalidArgument, [&] { archive_of(entry); }); };
  refused(file(""));
  refused(file("a\0b"s));
  refused(file("a/"));
  TarEntry entry = file("f", 10);
  entry.sparse = {{5, 6}};
  refused(entry);
  entry.sparse = {{5, 1}, {4, 1}};
  refused(entry);
  entry = file("f");
  entry.xattrs = {{"", "x"}};
  refused(entry);
  entry = file("f");
  entry.type = EntryType::kSymlink;
  refused(entry);
}

TEST(TarWriter, DataThatEndsEarlyIsAnErrorNamingTheFile) {
  EXPECT_EQ(error_of(Code::kIo, [] { archive_of(file("f", 4), "abc"); }),
            "'f' became shorter while it was read: 3 of 4 bytes");
  EXPECT_EQ(read_archive(archive_of(file("f", 2), "abc"))[0].stored, "ab") << "what a growing file gained is left out";
}

}  // namespace davit::codec
