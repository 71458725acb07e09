#include "codec/gzip.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include "base/process.h"
#include "codec/test_support.h"

namespace davit::codec {

using base::Code;
using testing::error_of;
using testing::read_whole;
using namespace std::string_literals;

namespace {

std::string gunzipped(std::string_view bytes, std::size_t step = 1 << 20) {
  testing::DripSource source(bytes, step);
  return read_whole(*gunzip(source));
}

std::string gzipped(std::string_view text) {
  base::StringSink out;
  const auto sink = gzip(out, 0);
  sink->write(base::as_byte_view(text));
  sink->finish();
  return out.take();
}

std::uint32_t number32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// A member with all the optional parts of a header, by RFC 1952.
std::string member_with_everything(bool good_checksum) {
  std::string header = "\x1f\x8b\x08\x1e"s + "\x01\x02\x03\x04\x00\x03"s;
  header += "\x06\x00"s + "XY\x02\x00zz"s;
  header += "name.tar\0"s + "a comment\0"s;
  const std::uint32_t crc = libdeflate_crc32(0, header.data(), header.size()) ^ (good_checksum ? 0 : 1);
  header += static_cast<char>(crc);
  header += static_cast<char>(crc >> 8);
  const std::string plain = gzipped("text");
  return header + plain.substr(gzip_format::kMemberHeaderBytes);
}

}  // namespace

TEST(Gzip, HeadersWithAllOptionalPartsAreReadInPiecesOfAnySize) {
  for (std::size_t step = 1; step < 80; ++step) EXPECT_EQ(gunzipped(member_with_everything(true), step), "text");
}

TEST(Gzip, AWrongHeaderChecksumIsDamage) {
  const std::string message = error_of(Code::kCorrupt, [] { gunzipped(member_with_everything(false)); });
  EXPECT_EQ(message, "the gzip data is damaged: the checksum of a header is wrong");
}

TEST(Gzip, ReservedFlagsAndUnknownMethodsAreDamage) {
  std::string bytes = gzipped("text");
  bytes[3] = '\x20';
  error_of(Code::kCorrupt, [&] { gunzipped(bytes); });
  bytes = gzipped("text");
  bytes[2] = 7;
  error_of(Code::kCorrupt, [&] { gunzipped(bytes); });
}

TEST(Gzip, TheErrorOfATruncationSaysSo) {
  const std::string bytes = gzipped("text");
  EXPECT_EQ(error_of(Code::kCorrupt, [&] { gunzipped(std::string_view(bytes).substr(0, bytes.size() - 1)); }),
            "the gzip data is cut short");
}

TEST(Gzip, MembersHoldAMebibyteAndTellTheirLength) {
  const std::string text = testing::sample_bytes(3 * kGzipMemberBytes + 10);
  const std::string bytes = gzipped(text);
  std::size_t at = 0, members = 0;
  while (at < bytes.size()) {
    const std::string_view member = std::string_view(bytes).substr(at);
    EXPECT_EQ(member.substr(0, 16), "\x1f\x8b\x08\x04\0\0\0\0\0\xff\x08\0DV\x04\0"s);
    const std::uint32_t size = number32(member.substr(16));
    const std::string data = gunzipped(member.substr(0, size));
    EXPECT_TRUE(data == text.substr(members * kGzipMemberBytes, kGzipMemberBytes));
    EXPECT_EQ(number32(member.substr(size - 4)), data.size());
    at += size;
    ++members;
  }
  EXPECT_EQ(members, 4u);
}

TEST(Gzip, DataThatDoesNotCompressGrowsByLessThanAThousandth) {
  std::mt19937 random(7);
  std::string text(3'000'000, '\0');
  for (char& c : text) c = static_cast<char>(random());
  EXPECT_LT(gzipped(text).size(), text.size() + text.size() / 1000);
  EXPECT_TRUE(gunzipped(gzipped(text)) == text);
}

TEST(Gzip, ReadsMembersOfGzipInARowWithAName) {
  const auto folder = testing::temporary_directory();
  base::fs::write_file(folder.path() / "a file", "one\n");
  const auto first = base::run({.argv = {"gzip", "-c", "a file"}, .directory = folder.path()});
  const auto second = base::run({.argv = {"gzip", "-c9"}}, "two\n");
  for (std::size_t step = 1; step < 40; ++step) EXPECT_EQ(gunzipped(first.out + second.out, step), "one\ntwo\n");
}

TEST(Gzip, StoredAndFixedBlocksAreRead) {
  // "hi" as a stored block, then as one with fixed codes: RFC 1951, 3.2.4 and 3.2.6.
  const std::string trailer = [] {
    const std::uint32_t crc = libdeflate_crc32(0, "hi", 2);
    std::string text;
    for (int i = 0; i < 4; ++i) text += static_cast<char>(crc >> (8 * i));
    return text + "\x02\0\0\0"s;
  }();
  const std::string header = "\x1f\x8b\x08\0\0\0\0\0\0\xff"s;
  const std::string stored = header + "\x01\x02\0\xfd\xff"s + "hi" + trailer;
  const std::string fixed = header + "\xcb\xc8\x04\0"s + trailer;
  for (std::size_t step = 1; step < 40; ++step) EXPECT_EQ(gunzipped(stored + fixed, step), "hihi");
}

TEST(Gzip, AnErrorOfTheSourceIsPassedOn) {
  class Failing final : public base::Source {
    std::size_t read(base::ByteSpan) override { throw base::Error(Code::kUnavailable, "gone"); }
  } source;
  error_of(Code::kUnavailable, [&] { read_whole(*gunzip(source)); });
}

TEST(Gzip, SeveralThreadsMakeTheSameBytesAsOne) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kGzipMemberBytes - 1, kGzipMemberBytes,
                                 kGzipMemberBytes + 1, 9 * kGzipMemberBytes + 12345}) {
    const std::string text = testing::sample_bytes(size);
    base::StringSink out;
    const auto sink = gzip(out, 0, 3);
    for (std::size_t at = 0; at < size; at += 300'000) sink->write(base::as_byte_view(text.substr(at, 300'000)));
    sink->finish();
    EXPECT_TRUE(out.text() == gzipped(text)) << size;
  }
}

TEST(Gzip, SeveralThreadsTellWhatTheSinkRefuses) {
  base::CallbackSink full([](base::ByteView) { throw base::Error(Code::kNoSpace, "full"); });
  const auto sink = gzip(full, 0, 2);
  const std::string text = testing::sample_bytes(kGzipMemberBytes);
  error_of(Code::kNoSpace, [&] {
    for (int i = 0; i < 20; ++i) sink->write(base::as_byte_view(text));
  });
}

}  // namespace davit::codec
