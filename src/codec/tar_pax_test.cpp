#include "codec/tar_pax.h"

#include <gtest/gtest.h>

#include "codec/tar_test_support.h"

namespace davit::codec {

using base::Code;
using testing::error_of;
using testing::extended;
using testing::padded;
using testing::RawHeader;
using testing::read_archive;
using testing::record;
using namespace std::string_literals;

namespace {

TarEntry with_records(const std::string& records, const std::string& globals = {}) {
  const auto all = read_archive((globals.empty() ? ""s : extended(globals, 'g')) + extended(records) +
                                std::string(RawHeader("name", '2').set(157, "target")));
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? TarEntry() : all[0].entry;
}

std::string refusal(const std::string& records) {
  return error_of(Code::kCorrupt, [&] { with_records(records); });
}

struct timespec time(std::string_view text) {
  return tar::parse_pax_time("mtime", text);
}

bool is(const struct timespec& time, long long seconds, long nanoseconds) {
  return time.tv_sec == seconds && time.tv_nsec == nanoseconds;
}

}  // namespace

TEST(Pax, RecordsReplaceWhatTheHeaderSays) {
  const TarEntry entry =
      with_records(record("path", "a/long/name") + record("linkpath", "a = b\nc") + record("uid", "3000000") +
                   record("gid", "3000001") + record("mtime", "1350244992.023960108") + record("comment", "ignored") +
                   record("VENDOR.key", "ignored"));
  EXPECT_EQ(entry.path, "a/long/name");
  EXPECT_EQ(entry.link_target, "a = b\nc");
  EXPECT_EQ(entry.uid, 3000000u);
  EXPECT_EQ(entry.gid, 3000001u);
  EXPECT_TRUE(is(entry.mtime, 1350244992, 23960108));
}

TEST(Pax, TheSizeOfTheRecordHolds) {
  const auto all = read_archive(extended(record("size", "3")) + std::string(RawHeader("f")) + padded("abc"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].stored, "abc");
}

TEST(Pax, GlobalRecordsHoldUntilTakenBack) {
  EXPECT_EQ(with_records(record("comment", "x"), record("gid", "7")).gid, 7u);
  EXPECT_EQ(with_records(record("gid", "8"), record("gid", "7")).gid, 8u);
  EXPECT_EQ(with_records(record("gid", ""), record("gid", "7")).gid, 2u) << "the header's own";
}

TEST(Pax, ExtendedAttributesAreBinary) {
  const std::string value("\x01\0\0\x02=\n\0", 7);
  const TarEntry entry =
      with_records(record("SCHILY.xattr.security.capability", value) + record("SCHILY.xattr.user.empty", "") +
                   record("LIBARCHIVE.xattr.user.a%3Db%25", "AAECAw") +
                   record("LIBARCHIVE.xattr.security.capability", "bm90IHRoaXM="));
  EXPECT_EQ(entry.xattrs, (std::map<std::string, std::string>{
                              {"security.capability", value}, {"user.empty", ""}, {"user.a=b%", "\0\x01\x02\x03"s}}));
}

TEST(Pax, MalformedRecordsNameTheEntry) {
  EXPECT_EQ(refusal("abc"), "tar entry 'PaxHeaders/x': malformed record in an extended header");
  for (const std::string& bad : {"5 a=b"s, "99 a=b\n"s, "6 a=b\n\n"s, "0 a=b\n"s, " 6 a=b\n"s, "+6 a=b\n"s, "4 a\n"s,
                                 "4 =\n"s, "18446744073709551622 a=b\n"s, "8 \0=bcd\n"s})
    refusal(bad);
  EXPECT_EQ(refusal(record("mtime", "1.x")), "tar entry 'name': malformed mtime '1.x' in an extended header");
  for (const char* bad : {"", "-", "1.5.5", "1e9", " 1", "99999999999999999999", "0x10"}) {
    if (*bad != '\0') refusal(record("mtime", bad));
  }
  for (const char* bad : {"-1", "1.5", "9223372036854775808"}) refusal(record("size", bad));
  refusal(record("path", "a\0b"s));
  refusal(record("linkpath", "a\0b"s));
  refusal(record("SCHILY.xattr.", "x"));
  refusal(record("LIBARCHIVE.xattr.user.%zz", "AA"));
  refusal(record("LIBARCHIVE.xattr.user.%00", "AA"));
  refusal(record("LIBARCHIVE.xattr.user.a", "!!"));
}

TEST(Pax, AnExtendedHeaderNeedsItsEntry) {
  error_of(Code::kCorrupt, [] { read_archive(extended(record("uid", "1"))); });
  error_of(Code::kCorrupt, [] { read_archive(extended(record("uid", "1")) + testing::end_of_archive()); });
}

TEST(Pax, TimesKeepNanosecondsAndRoundDown) {
  EXPECT_TRUE(is(time("0"), 0, 0));
  EXPECT_TRUE(is(time("1.5"), 1, 500000000));
  EXPECT_TRUE(is(time("1."), 1, 0));
  EXPECT_TRUE(is(time("1.0000000019"), 1, 1));
  EXPECT_TRUE(is(time("-1"), -1, 0));
  EXPECT_TRUE(is(time("-1.5"), -2, 500000000));
  EXPECT_TRUE(is(time("-0.0000000001"), -1, 999999999));
}

TEST(Pax, TimesAreWrittenAsTheyAreRead) {
  for (const char* text : {"0", "1.5", "-1", "-1.5", "-0.5", "1350244992.023960108", "-62135596800.000000001"})
    EXPECT_EQ(tar::pax_time(time(text)), text);
}

TEST(Pax, TheLengthOfARecordCountsItsOwnDigits) {
  for (std::size_t size = 0; size < 1200; ++size) {
    std::string text;
    tar::append_pax(text, "key", std::string(size, 'v'));
    EXPECT_EQ(std::stoul(text), text.size());
    tar::PaxRecords records;
    tar::parse_pax(text, records);
    EXPECT_EQ(records.values.at("key").size(), size);
  }
}

TEST(Pax, LibarchiveCodingIsReversible) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  for (std::size_t size = 0; size < all.size(); ++size) {
    const std::string text = all.substr(0, size);
    EXPECT_EQ(tar::decode_libarchive_key(tar::encode_libarchive_key(text)), text);
    EXPECT_EQ(tar::decode_libarchive_value(tar::encode_libarchive_value(text)), text);
  }
}

}  // namespace davit::codec
