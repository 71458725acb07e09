#include <gtest/gtest.h>

#include "codec/tar_test_support.h"

namespace davit::codec {

using base::Code;
using testing::end_of_archive;
using testing::error_of;
using testing::extended;
using testing::padded;
using testing::RawHeader;
using testing::read_archive;
using testing::ReadEntry;
using testing::record;
using namespace std::string_literals;

namespace {

std::string file(std::string_view name, std::string_view data) {
  return std::string(RawHeader(name, '0', data.size())) + padded(std::string(data));
}

// The only entry of an archive.
ReadEntry one(const std::string& archive) {
  const auto all = read_archive(archive);
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? ReadEntry{} : all[0];
}

std::string refusal(const std::string& archive, Code code = Code::kCorrupt) {
  return error_of(code, [&] { read_archive(archive); });
}

}  // namespace

TEST(TarReader, AnEmptySourceAndAnEmptyArchiveHaveNoEntries) {
  EXPECT_TRUE(read_archive("").empty());
  EXPECT_TRUE(read_archive(end_of_archive()).empty());
  EXPECT_TRUE(read_archive(std::string(512, '\0')).empty()) << "one block of zeros at the end of the source is enough";
}

TEST(TarReader, GivesEachTypeWithItsFields) {
  const auto all = read_archive(file("file", "data") + std::string(RawHeader("hard", '1').set(157, "file")) +
                                std::string(RawHeader("soft", '2').set(157, "../file")) +
                                std::string(RawHeader("char", '3').octal(329, 8, 5).octal(337, 8, 1)) +
                                std::string(RawHeader("block", '4').octal(329, 8, 8).octal(337, 8, 70000)) +
                                std::string(RawHeader("folder/", '5')) + std::string(RawHeader("fifo", '6')) +
                                std::string(RawHeader("contiguous", '7', 2)) + padded("xy") + end_of_archive());
  ASSERT_EQ(all.size(), 8u);
  EXPECT_EQ(all[0].entry.type, EntryType::kFile);
  EXPECT_EQ(all[0].entry.mode, 0644u);
  EXPECT_EQ(all[0].entry.uid, 1u);
  EXPECT_EQ(all[0].entry.gid, 2u);
  EXPECT_EQ(all[0].entry.mtime.tv_sec, 1234567890);
  EXPECT_EQ(all[0].entry.size, 4u);
  EXPECT_EQ(all[0].stored, "data");
  EXPECT_EQ(all[1].entry.type, EntryType::kHardLink);
  EXPECT_EQ(all[1].entry.link_target, "file");
  EXPECT_EQ(all[2].entry.type, EntryType::kSymlink);
  EXPECT_EQ(all[2].entry.link_target, "../file");
  EXPECT_EQ(all[3].entry.type, EntryType::kCharacterDevice);
  EXPECT_EQ(all[3].entry.device_major, 5u);
  EXPECT_EQ(all[3].entry.device_minor, 1u);
  EXPECT_EQ(all[4].entry.type, EntryType::kBlockDevice);
  EXPECT_EQ(all[4].entry.device_minor, 70000u);
  EXPECT_EQ(all[5].entry.type, EntryType::kDirectory);
  EXPECT_EQ(all[5].entry.path, "folder/");
  EXPECT_EQ(all[6].entry.type, EntryType::kFifo);
  EXPECT_EQ(all[7].entry.type, EntryType::kFile);
  EXPECT_EQ(all[7].stored, "xy");
}

TEST(TarReader, DataThatIsNotReadIsSkipped) {
  const std::string archive = file("a", testing::sample_bytes(700'000)) + file("b", "bb") + end_of_archive();
  testing::DripSource source(archive, 10'000);
  TarReader reader(source);
  ASSERT_EQ(reader.next()->path, "a");
  std::array<std::byte, 10> some{};
  EXPECT_EQ(reader.data().read(some), 10u);
  ASSERT_EQ(reader.next()->path, "b");
  EXPECT_EQ(testing::read_whole(reader.data()), "bb");
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next()) << "the end stays the end";
  EXPECT_EQ(reader.data().read(some), 0u);
}

TEST(TarReader, DataIsSkippedByPiecesToo) {
  const std::string archive = file("a", testing::sample_bytes(700'000)) + file("b", "bb") + end_of_archive();
  testing::ViewPieces pieces(archive, {100'000, 1, 511});
  TarReader reader(pieces);
  ASSERT_EQ(reader.next()->path, "a");
  EXPECT_EQ(reader.data_piece(10).size(), 10u);
  ASSERT_EQ(reader.next()->path, "b");
  EXPECT_EQ(reader.data_offset(), archive.size() - end_of_archive().size() - 512);
  EXPECT_EQ(testing::read_whole(reader.data()), "bb");
  EXPECT_TRUE(reader.data_piece().empty());
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.data_piece().empty());
}

TEST(TarReader, TruncationsByPiecesAreErrors) {
  const std::string archive = extended(record("path", "usr/bin/x")) + file("x", std::string(600, 'd'));
  for (std::size_t size = 1; size < archive.size(); ++size) {
    const std::string cut = archive.substr(0, size);
    const std::string message = error_of(Code::kCorrupt, [&] { testing::read_archive_by_pieces(cut, {512, 100}); });
    EXPECT_EQ(message, refusal(cut));
  }
}

TEST(TarReader, DrainReadsTheSourceToItsEnd) {
  const std::string archive = file("a", "aa") + end_of_archive() + std::string(900'000, 'x');
  base::MemorySource source{std::string_view(archive)};
  base::NullSink null;
  TarReader reader(source);
  reader.next();
  reader.drain();
  std::byte one_more{};
  EXPECT_EQ(source.read({&one_more, 1}), 0u);
  EXPECT_FALSE(reader.next());
}

TEST(TarReader, UstarJoinsPrefixAndName) {
  EXPECT_EQ(one(RawHeader("name").set(345, "pre/fix")).entry.path, "pre/fix/name");
  // A name of 100 bytes has no NUL.
  EXPECT_EQ(one(RawHeader(std::string(100, 'n')).set(345, std::string(155, 'p'))).entry.path,
            std::string(155, 'p') + '/' + std::string(100, 'n'));
  // The same bytes are times in GNU's header and nothing in that of the 7th edition.
  EXPECT_EQ(one(RawHeader("name").gnu().set(345, "12345670123")).entry.path, "name");
  EXPECT_EQ(one(RawHeader("name").v7().set(345, "junk")).entry.path, "name");
  // star's prefix is shorter: times follow it.
  EXPECT_EQ(one(RawHeader("name").set(345, "p").set(476, "12345670123").set(508, "tar\0"s)).entry.path, "p/name");
}

TEST(TarReader, AFolderOfAnOldTarIsKnownByItsSlash) {
  EXPECT_EQ(one(RawHeader("folder/", '\0').v7()).entry.type, EntryType::kDirectory);
  EXPECT_EQ(one(RawHeader("file", '\0').v7()).entry.type, EntryType::kFile);
  EXPECT_EQ(refusal(file("folder/", "x")), "tar entry 'folder/': a folder with data");
}

TEST(TarReader, NumbersAreOctalOrBase256) {
  const auto sized = [](std::string_view field) { return one(RawHeader("f").set(136, field)).entry.mtime.tv_sec; };
  EXPECT_EQ(sized("00000000017 "), 15);
  EXPECT_EQ(sized("        17 \0"s), 15);
  EXPECT_EQ(sized("17\0garbage.."s), 15);
  EXPECT_EQ(sized("777777777777"), 0777777777777) << "no terminator is needed";
  EXPECT_EQ(sized(std::string(12, '\0')), 0);
  EXPECT_EQ(sized("\x80\0\0\0\0\0\0\x01\0\0\0\0"s), 1ll << 32);
  EXPECT_EQ(sized(std::string(12, '\xff')), -1);
  EXPECT_EQ(sized("\xff\xff\xff\xff\x80\0\0\0\0\0\0\0"s), INT64_MIN);
  for (const std::string& bad : {"0000000008 "s, "00 00000000 "s, "-0000000001 "s, "abcdefghijk "s,
                                 "\x80\0\0\0\x80\0\0\0\0\0\0\0"s, "\x80\x01\0\0\0\0\0\0\0\0\0\0"s})
    EXPECT_EQ(refusal(RawHeader("dir/f").set(136, bad)), "tar entry 'dir/f': malformed mtime");
}

TEST(TarReader, ChecksumsMayBeSumsOfSignedOrUnsignedBytesAndMustMatch) {
  const RawHeader header("n\xc3\xa4me");
  EXPECT_EQ(one(header.text(false)).entry.path, "n\xc3\xa4me");
  EXPECT_EQ(one(header.text(true)).entry.path, "n\xc3\xa4me");
  std::string bad = header;
  bad[0] = 'm';
  EXPECT_EQ(refusal(bad), "this is not a tar archive");
  EXPECT_EQ(refusal(file("good", "") + bad), "the tar header at byte 512, after the entry 'good', is damaged");
}

TEST(TarReader, EveryTruncationInsideAnEntryIsAnError) {
  const std::string archive = extended(record("path", "usr/bin/x")) + file("x", std::string(600, 'd'));
  for (std::size_t size = 1; size < archive.size(); ++size) {
    const std::string message = refusal(archive.substr(0, size));
    EXPECT_NE(message.find("unexpected end of archive"), std::string::npos) << message;
  }
  EXPECT_EQ(refusal(archive.substr(0, archive.size() - 200)), "unexpected end of archive in the data of 'usr/bin/x'");
  EXPECT_EQ(read_archive(archive).size(), 1u);
}

TEST(TarReader, ABlockOfZerosInTheMiddleIsDamage) {
  refusal(file("a", "") + std::string(512, '\0') + file("b", ""));
  EXPECT_EQ(read_archive(file("a", "") + end_of_archive() + "anything").size(), 1u);
}

TEST(TarReader, VendorsNotesAreSkippedAndUnknownFilesRefused) {
  for (const char type : {'V', 'A', 'I', 'E'})
    EXPECT_EQ(one(std::string(RawHeader("note", type, 3)) + padded("abc") + file("f", "x")).stored, "x");
  EXPECT_EQ(refusal(RawHeader("what", '9'), Code::kNotSupported), "tar entry 'what': unknown type '9'");
  refusal(RawHeader("part", 'M').gnu(), Code::kNotSupported);
  refusal(RawHeader("names", 'N').gnu(), Code::kNotSupported);
}

TEST(TarReader, FoldersOfIncrementalArchivesLoseTheirLists) {
  const auto all = read_archive(std::string(RawHeader("d/", 'D', 5).gnu()) + padded("Yabc\0"s) + file("d/abc", "x"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].entry.type, EntryType::kDirectory);
  EXPECT_EQ(all[0].entry.size, 0u);
  EXPECT_EQ(all[0].stored, "");
  EXPECT_EQ(all[1].stored, "x");
}

TEST(TarReader, SizesOfEntriesWithoutDataAreIgnored) {
  const auto all = read_archive(std::string(RawHeader("hard", '1', 1000).set(157, "x")) +
                                std::string(RawHeader("d/", '5', 4096)) + file("f", "x"));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].entry.size, 0u);
}

TEST(TarReader, OwnersAreNumbersThatChownTakesAtItsWord) {
  EXPECT_EQ(one(extended(record("uid", "4294967294")) + file("f", "")).entry.uid, 4294967294u);
  EXPECT_EQ(refusal(extended(record("uid", "4294967295")) + file("f", "")),
            "tar entry 'f': uid 4294967295 is out of range");
  refusal(RawHeader("f").set(108, "\xff\xff\xff\xff\xff\xff\xff\xfe"));
}

TEST(TarReader, ALinkNeedsATarget) { EXPECT_EQ(refusal(RawHeader("l", '2')), "tar entry 'l': a link to nothing"); }

TEST(TarReader, GnuLongNamesReplaceThoseOfTheHeader) {
  const std::string long_path(300, 'p'), long_link(5000, 'l');
  const std::string archive = std::string(RawHeader("././@LongLink", 'K', 5001).gnu()) + padded(long_link + '\0') +
                              std::string(RawHeader("././@LongLink", 'L', 301).gnu()) + padded(long_path + '\0') +
                              std::string(RawHeader("short", '2').gnu().set(157, "target")) + file("next", "");
  const auto all = read_archive(archive);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].entry.path, long_path);
  EXPECT_EQ(all[0].entry.link_target, long_link);
  EXPECT_EQ(all[1].entry.path, "next");
}

TEST(TarReader, LimitsAreErrors) {
  const auto refusal_within = [](const std::string& archive, TarReader::Limits limits) {
    return error_of(Code::kCorrupt, [&] {
      base::MemorySource source{std::string_view(archive)};
      read_archive(source, limits);
    });
  };
  EXPECT_EQ(refusal_within(file("a", "") + file("b", ""), {.entries = 1}), "tar entry 'b': more than 1 entries");
  EXPECT_EQ(refusal_within(extended(record("path", "0123456789")) + file("a", ""), {.name_bytes = 9}),
            "tar entry '0123456789': name of more than 9 bytes");
  refusal_within(std::string(RawHeader("L", 'L', 12).gnu()) + padded("0123456789a\0"s) + file("a", ""),
                 {.name_bytes = 10});
  refusal_within(extended(record("comment", std::string(100, 'x'))) + file("a", ""), {.pax_bytes = 100});
  // Global headers add up.
  std::string globals;
  for (int i = 0; i < 5; ++i) globals += extended(record("comment" + std::to_string(i), std::string(50, 'x')), 'g');
  refusal_within(globals + file("a", ""), {.pax_bytes = 200});
  // A size that is claimed but not there costs nothing.
  refusal_within(std::string(RawHeader("a", '0', 07777777777)) + "x", {});
}

TEST(TarReader, AnErrorOfTheSourceIsPassedOnAsItIs) {
  class Failing final : public base::Source {
    std::size_t read(base::ByteSpan) override { throw base::Error(Code::kUnavailable, "gone"); }
  } source;
  EXPECT_EQ(error_of(Code::kUnavailable, [&] { read_archive(source); }), "gone");
}

}  // namespace davit::codec
