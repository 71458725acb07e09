#include <gtest/gtest.h>

#include "codec/tar_test_support.h"

namespace davit::codec {

using base::Code;
using testing::error_of;
using testing::extended;
using testing::padded;
using testing::RawHeader;
using testing::read_archive;
using testing::ReadEntry;
using testing::record;
using namespace std::string_literals;

namespace {

std::string sparse_1_0(const std::string& map, const std::string& data, std::string_view size) {
  const std::string stored = padded(map) + data;
  return extended(record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") +
                  record("GNU.sparse.name", "dir/real") + record("GNU.sparse.realsize", size)) +
         std::string(RawHeader("dir/GNUSparseFile.1/real", '0', stored.size())) + padded(stored);
}

std::string sparse_0_1(std::string_view map, std::string_view count, const std::string& data, std::string_view size) {
  return extended(record("GNU.sparse.size", size) + record("GNU.sparse.numblocks", count) +
                  record("GNU.sparse.name", "real") + record("GNU.sparse.map", map)) +
         std::string(RawHeader("GNUSparseFile.1/real", '0', data.size())) + padded(data);
}

ReadEntry one(const std::string& archive) {
  const auto all = read_archive(archive + std::string(RawHeader("next")));
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(all.back().entry.path, "next");
  return all.front();
}

std::string refusal(const std::string& archive, Code code = Code::kCorrupt) {
  return error_of(code, [&] { read_archive(archive); });
}

}  // namespace

TEST(TarSparse, Format10HasItsMapInTheData) {
  const ReadEntry read = one(sparse_1_0("3\n1\n2\n5\n3\n10\n0\n", "abcde", "10"));
  EXPECT_EQ(read.entry.path, "dir/real");
  EXPECT_EQ(read.entry.size, 10u);
  ASSERT_TRUE(read.entry.sparse);
  EXPECT_EQ(read.entry.sparse->size(), 2u) << "the empty extent at the end is dropped";
  EXPECT_EQ(read.stored, "abcde");
  EXPECT_EQ(read.content(), "\0ab\0\0cde\0\0"s);
}

TEST(TarSparse, Format01HasItsMapInARecord) {
  EXPECT_EQ(one(sparse_0_1("1,2,5,3", "2", "abcde", "10")).content(), "\0ab\0\0cde\0\0"s);
  EXPECT_EQ(one(sparse_0_1("", "0", "", "4")).content(), std::string(4, '\0'));
}

TEST(TarSparse, Format00HasARecordForEachNumber) {
  const std::string archive = extended(record("GNU.sparse.size", "10") + record("GNU.sparse.numblocks", "2") +
                                       record("GNU.sparse.offset", "1") + record("GNU.sparse.numbytes", "2") +
                                       record("GNU.sparse.offset", "5") + record("GNU.sparse.numbytes", "3")) +
                              std::string(RawHeader("real", '0', 5)) + padded("abcde");
  EXPECT_EQ(one(archive).content(), "\0ab\0\0cde\0\0"s);
}

TEST(TarSparse, TheOldFormatGoesOnInBlocksOfItsOwn) {
  // 4 extents in the header, 21 in each further block: 30 need two of them.
  RawHeader header("real", 'S', 30);
  header.gnu().octal(483, 12, 300);
  std::string blocks(1024, '\0');
  const auto octal = [](std::uint64_t value) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%011llo", static_cast<unsigned long long>(value));
    return std::string(text.data(), 12);
  };
  std::string data;
  for (std::size_t i = 0; i < 30; ++i) {
    const std::string pair = octal(10 * i) + octal(1);
    if (i < 4)
      header.set(386 + 24 * i, pair);
    else
      blocks.replace(i < 25 ? (i - 4) * 24 : 512 + (i - 25) * 24, 24, pair);
    data += static_cast<char>('a' + i % 26);
  }
  header.set(482, "\x01");
  blocks[504] = 1;
  const ReadEntry read = one(std::string(header) + blocks + padded(data));
  EXPECT_EQ(read.entry.path, "real");
  EXPECT_EQ(read.entry.size, 300u);
  EXPECT_EQ(read.entry.sparse->size(), 30u);
  EXPECT_EQ(read.content()[290], 'd');
  EXPECT_EQ(read.content()[291], '\0');
}

TEST(TarSparse, WrongMapsAreDamage) {
  EXPECT_EQ(refusal(sparse_1_0("1\n1\n5\n", "abcde", "5")),
            "tar entry 'dir/real': the map of a sparse file is out of order or past its end");
  refusal(sparse_1_0("2\n4\n2\n0\n2\n", "abcd", "10"));   // out of order
  refusal(sparse_1_0("2\n0\n3\n2\n2\n", "abcde", "10"));  // overlapping
  refusal(sparse_1_0("1\n0\n4\n", "abcde", "10"));        // data left over
  refusal(sparse_1_0("1\n0\n6\n", "abcde", "10"));        // data missing
  refusal(sparse_1_0("1\n9223372036854775807\n9223372036854775807\n", "", "10"));
  refusal(sparse_1_0("1\nx\n4\n", "abcd", "10"));
  refusal(sparse_1_0("\n", "abcd", "10"));
  refusal(sparse_1_0("999999999999999\n", "", "10"));
  refusal(sparse_1_0("111111111111111111111111\n", "", "10"));
  refusal(sparse_1_0("300\n" + std::string(508, '1'), "", "10"));  // the map outgrows the data
  refusal(sparse_0_1("1,2,5", "1", "abcde", "10"));
  refusal(sparse_0_1("1,2,,3", "2", "abcde", "10"));
  refusal(sparse_0_1("1,2,5,3", "3", "abcde", "10"));
  refusal(extended(record("GNU.sparse.size", "10") + record("GNU.sparse.numbytes", "2") +
                   record("GNU.sparse.offset", "1")) +
          std::string(RawHeader("real", '0', 2)) + padded("ab"));
  refusal(RawHeader("real", 'S').gnu().set(386, "zzz"));
  EXPECT_EQ(refusal(extended(record("GNU.sparse.major", "2") + record("GNU.sparse.minor", "0")) +
                        std::string(RawHeader("real")),
                    Code::kNotSupported),
            "tar entry 'real': unknown format of a sparse file");
}

TEST(TarSparse, AMapCutShortIsDamage) {
  const std::string archive = sparse_1_0("2\n1\n2\n5\n3\n", "abcde", "10");
  for (std::size_t size = 1; size < archive.size(); ++size) refusal(archive.substr(0, size));
  std::string old = RawHeader("real", 'S').gnu().octal(483, 12, 3).set(482, "\x01");
  refusal(old);
  refusal(old + "abc");
}

TEST(TarSparse, MoreExtentsThanTheLimitAreRefused) {
  const std::string archive = sparse_1_0("3\n1\n1\n3\n1\n5\n1\n", "abc", "10");
  EXPECT_EQ(error_of(Code::kCorrupt,
                     [&] {
                       base::MemorySource source{std::string_view(archive)};
                       read_archive(source, {.sparse_extents = 2});
                     }),
            "tar entry 'dir/real': more than 2 extents in a sparse file");
}

}  // namespace davit::codec
